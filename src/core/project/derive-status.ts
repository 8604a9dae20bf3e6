import { scopeMetric } from '../scope/metrics.js';
import type { Scope } from '../scope/scope.js';
import { nextStep } from './next-step.js';
import type { ProjectFacts, ProjectStatus, StageStatus, StepStatus, TargetStatus } from './project-status.js';
import { STAGES, type Stage } from './project-step.js';
import {
  currentAdaptation,
  currentModel,
  holds,
  isMadeFrom,
  judgeSteps,
  type JudgedStep,
} from './stale-steps.js';

/** How a project stands, from what its files say. */
export function projectStatus(facts: ProjectFacts): ProjectStatus {
  const judged = judgeSteps(facts.steps);
  const target = targetStatus(facts.scope, judged);
  const stages: StageStatus[] = [];
  for (const stage of STAGES) {
    const own = judged.filter(({ step }) => step.stage === stage);
    const isNeedless = stage === 'adapt' && own.length === 0 && target?.reached === true;
    const outrun = outrunNote(stage, judged);
    const isDone = isNeedless || (outrun === null && own.some(holds));
    const isStale = !isDone && own.some(({ step }) => step.state === 'done');
    const isTurn = stages.every(({ state }) => state === 'done');
    const state = isDone ? 'done' : isStale ? 'stale' : isTurn ? 'next' : 'waiting';
    const note = isNeedless ? 'the bar is reached without' : outrun;
    stages.push({ stage, state, note, steps: own.map(describe) });
  }
  const { scope } = facts;
  return {
    project: facts.project,
    name: scope?.name ?? null,
    task: scope?.task ?? null,
    stages,
    target,
    next: nextStep(facts, stages, judged, target),
  };
}

/** What was measured must be the newest model or prompt, and what was shipped the newest model, not one before it. */
function outrunNote(stage: Stage, judged: readonly JudgedStep[]): string | null {
  const current = stage === 'evaluate' ? currentAdaptation(judged) : currentModel(judged);
  if ((stage !== 'evaluate' && stage !== 'deploy') || current === undefined) return null;
  const valid = judged.filter((one) => one.step.stage === stage && holds(one));
  if (valid.length === 0 || valid.some(({ step }) => isMadeFrom(step, current))) return null;
  return `${current.name} is newer than all of these`;
}

function describe({ step, reasons }: JudgedStep): StepStatus {
  const { name, state, problem, when, results, command } = step;
  return {
    name,
    state: state === 'done' && reasons.length > 0 ? 'stale' : state,
    when: when === null ? null : new Date(when).toISOString(),
    results,
    reasons: problem === undefined ? reasons : [problem, ...reasons],
    command,
  };
}

/** Names under which results are told, where they differ from the scope's. */
const RESULT_NAMES: Readonly<Record<string, string>> = { f1: 'macro_f1' };

function targetStatus(scope: Scope | undefined, judged: readonly JudgedStep[]): TargetStatus | null {
  const { metric, target } = scope?.quality ?? {};
  if (metric == null || target == null) return null;
  const isLessBetter = scopeMetric(metric).best === null;
  const current = currentAdaptation(judged);
  const values = judged
    .filter((one) => one.step.stage === 'evaluate' && holds(one))
    .filter(({ step }) => current === undefined || isMadeFrom(step, current))
    .map(({ step }) => step.results[metric] ?? step.results[RESULT_NAMES[metric] ?? metric])
    .filter((value) => typeof value === 'number');
  if (values.length === 0) return { metric, target, value: null, reached: false };
  const value = isLessBetter ? Math.min(...values) : Math.max(...values);
  return { metric, target, value, reached: isLessBetter ? value <= target : value >= target };
}
