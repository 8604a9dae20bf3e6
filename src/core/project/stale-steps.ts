import { liesIn } from './project-folder.js';
import { STAGES, type ProjectStep } from './project-step.js';

/** A step with every reason why it no longer holds. */
export interface JudgedStep {
  readonly step: ProjectStep;
  readonly reasons: readonly string[];
}

/** Whether a path in use is the chosen model: named the same, pulled into `models/`, or in the hub's cache. */
function isModel(chosen: string, used: string): boolean {
  if (used === chosen || used === pulledFolder(chosen)) return true;
  return used.split(/[\\/]/).includes(`models--${chosen.replace('/', '--')}`);
}

/** Folder of a project that a model of the hub is pulled into. */
export function pulledFolder(model: string): string {
  return `models/${model.split('/').at(-1)!}`;
}

/**
 * Judges every step by what it was made from. One is stale when
 * - a file that it read has changed or is gone since,
 * - something that it read was made by a stale step, or
 * - it was trained from another model than the one that is chosen now.
 *
 * @returns the steps in the order of stages, then of time
 */
export function judgeSteps(steps: readonly ProjectStep[]): JudgedStep[] {
  const sorted = [...steps].sort(
    (a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || (a.when ?? 0) - (b.when ?? 0),
  );
  const chosen = sorted.findLast(({ stage, state }) => stage === 'select' && state === 'done')?.model;
  const reasons = new Map<ProjectStep, string[]>(sorted.map((step) => [step, ownReasons(step, chosen)]));
  // What is made from something stale is stale: followed along chains of any length.
  for (let isSettled = false; !isSettled;) {
    isSettled = true;
    for (const step of sorted) {
      const own = reasons.get(step)!;
      if (own.length > 0) continue;
      const source = sorted.find(
        (other) => other !== step && reasons.get(other)!.length > 0 && isMadeFrom(step, other),
      );
      if (source === undefined) continue;
      own.push(`${source.name}, which it was made from, is stale`);
      isSettled = false;
    }
  }
  return sorted.map((step) => ({ step, reasons: reasons.get(step)! }));
}

function ownReasons({ stage, inputs, model }: ProjectStep, chosen: string | undefined): string[] {
  const changes = inputs.flatMap(({ path, change }) =>
    change === 'none' ? [] : [change === 'gone' ? `${path} is gone` : `${path} has changed since`],
  );
  if (stage === 'adapt' && chosen !== undefined && model !== undefined && !isModel(chosen, model)) {
    // A run on top of another run's model is judged by that run.
    if (!liesIn('runs', model)) changes.push(`it was trained from ${model}; ${chosen} is chosen now`);
  }
  return changes;
}

/** Whether one step read something that another one made. */
export function isMadeFrom(step: ProjectStep, other: ProjectStep): boolean {
  return step.inputs.some(({ path }) => other.outputs.some((output) => liesIn(output, path)));
}

/** Whether a step is done and nothing that it was made from has changed. */
export function holds({ step, reasons }: JudgedStep): boolean {
  return step.state === 'done' && reasons.length === 0;
}

/** The newest adapted model that holds. */
export function currentModel(judged: readonly JudgedStep[]): ProjectStep | undefined {
  return judged.findLast((one) => isAdapted(one) && one.step.prompt === undefined)?.step;
}

/** The newest adapted model or prompt that holds: what has to be measured. */
export function currentAdaptation(judged: readonly JudgedStep[]): ProjectStep | undefined {
  return judged.findLast(isAdapted)?.step;
}

function isAdapted(one: JudgedStep): boolean {
  return one.step.stage === 'adapt' && holds(one);
}
