import { commandWord } from './command-word.js';
import type { NextStep, ProjectFacts, StageStatus, TargetStatus } from './project-status.js';
import type { ProjectStep } from './project-step.js';
import { currentAdaptation, currentModel, pulledFolder, type JudgedStep } from './stale-steps.js';

/** Names of runs that are proposed, tried in turn: `runs/first`, then `runs/2`, `runs/3`, … */
function freeRun(steps: readonly ProjectStep[]): string {
  const taken = new Set(steps.map(({ name }) => name));
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'runs/first' : `runs/${number}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * The one thing to do next: the first stage that is not done; after the last, or where the measured quality is below the
 * bar, another round.
 *
 * @returns `null` when all is done
 */
export function nextStep(
  facts: ProjectFacts,
  stages: readonly StageStatus[],
  judged: readonly JudgedStep[],
  target: TargetStatus | null,
): NextStep | null {
  const open = stages.find(({ state }) => state !== 'done');
  const isMeasured = target !== null && target.value !== null;
  const evaluated = stages.find(({ stage }) => stage === 'evaluate')!.state === 'done';
  if (isMeasured && !target.reached && evaluated && (open === undefined || open.stage === 'deploy')) {
    const why = `${target.metric} is ${target.value}, and the scope asks for ${target.target}: adapt further, or lower the bar in scope.yaml`;
    return { ...adapt(facts), why };
  }
  if (open === undefined) return null;
  const reasons = [open.note, ...open.steps.flatMap((step) => step.reasons)].filter((why) => why !== null);
  const because = open.state === 'stale' ? (reasons[0] ?? null) : null;
  const step = { scope, select, adapt, evaluate, deploy }[open.stage](facts, judged);
  return because === null ? step : { ...step, why: because };
}

function scope({ scope: read }: ProjectFacts): NextStep {
  return {
    stage: 'scope',
    command: 'genai scope --from scope.yaml',
    why:
      read === undefined
        ? 'scope.yaml cannot be read: mend it, and check it'
        : 'fill in scope.yaml, which says little more than name and task, and check it',
  };
}

function select({ steps }: ProjectFacts): NextStep {
  const again = steps.findLast(({ stage, command }) => stage === 'select' && command !== null);
  return again === undefined
    ? {
        stage: 'select',
        command: 'genai select recommend --scope scope.yaml',
        why: 'find a model that meets the scope; genai select use MODEL then records the choice',
      }
    : { stage: 'select', command: again.command!, why: 'the choice must be confirmed' };
}

function adapt({ dataset, steps, modelFolder, prompt, testRows }: ProjectFacts): NextStep {
  const unfinished = steps.find(({ stage, state }) => stage === 'adapt' && state === 'unfinished');
  if (unfinished?.command != null)
    return { stage: 'adapt', command: unfinished.command, why: `${unfinished.name} was interrupted` };
  if (modelFolder === undefined) {
    const model =
      steps.findLast(({ stage, state }) => stage === 'select' && state === 'done')?.model ?? 'MODEL';
    const command = `genai select pull ${commandWord(model)} --out ${commandWord(pulledFolder(model))}`;
    return { stage: 'adapt', command, why: 'the chosen model is not on this machine yet' };
  }
  if (dataset === undefined) {
    if (prompt === undefined) {
      const command = `genai chat ${commandWord(modelFolder)}`;
      return {
        stage: 'adapt',
        command,
        why: 'to fine-tune, put rows into data/train.jsonl; until then, try it',
      };
    }
    return {
      stage: 'adapt',
      command: `genai adapt prompt-engineer --model ${commandWord(modelFolder)} --prompt ${commandWord(prompt)} --dataset ${testRowsWord(testRows)}`,
      why: `${testRows === undefined ? `put rows with their answers into ${TEST_ROWS}, and see` : 'see'} how far a prompt gets; to fine-tune, put rows into data/train.jsonl`,
    };
  }
  return {
    stage: 'adapt',
    command: `genai adapt fine-tune --model ${commandWord(modelFolder)} --dataset ${commandWord(dataset)} --out ${freeRun(steps)}`,
    why: 'there is a model and there are rows to learn from',
  };
}

/** Where rows to measure on are to be put. */
const TEST_ROWS = 'evaluation/test.jsonl';

const testRowsWord = (path: string | undefined): string => commandWord(path ?? TEST_ROWS);

/** The model to measure or use: the newest of the project's own, else the chosen one. */
function modelAtHand({ modelFolder }: ProjectFacts, judged: readonly JudgedStep[]): string {
  return commandWord(currentModel(judged)?.name ?? modelFolder ?? 'MODEL');
}

function evaluate(facts: ProjectFacts, judged: readonly JudgedStep[]): NextStep {
  const { testRows, scope: read } = facts;
  const model = modelAtHand(facts, judged);
  const found = currentAdaptation(judged);
  const rows = testRowsWord(testRows);
  const measureOn = (which: string): string =>
    testRows === undefined
      ? `put rows that ${which} into ${TEST_ROWS}, and measure on them`
      : `measure on rows that ${which}`;
  if (found?.prompt !== undefined) {
    const asked = found.results['model'];
    return {
      stage: 'evaluate',
      command: `genai evaluate ${typeof asked === 'string' ? commandWord(asked) : model} --prompt ${commandWord(found.prompt)} --dataset ${rows}`,
      why: measureOn('the prompt was not chosen on'),
    };
  }
  if (read?.task === 'text-classification') {
    return {
      stage: 'evaluate',
      command: `genai evaluate ${model} --dataset ${rows} --metric accuracy --metric f1`,
      why: measureOn('were not trained on'),
    };
  }
  return {
    stage: 'evaluate',
    command: `genai chat ${model}`,
    why: 'read what it answers; with rows in data/valid.jsonl a run measures its perplexity too',
  };
}

function deploy(facts: ProjectFacts, judged: readonly JudgedStep[]): NextStep {
  const made = currentModel(judged);
  const adapter = made?.outputs.find((output) => output.endsWith('/adapter'));
  if (made === undefined || adapter === undefined) {
    const command = `genai chat ${modelAtHand(facts, judged)}`;
    return { stage: 'deploy', command, why: 'the model is whole: use it' };
  }
  const out = `exports/${made.name.split('/').at(-1)!}`;
  return {
    stage: 'deploy',
    command: `genai adapt merge --adapter ${commandWord(adapter)} --out ${commandWord(out)}`,
    why: 'make one model of the base and the adapter',
  };
}
