import { describe, expect, it } from 'vitest';
import { projectStatus } from '../../../src/core/project/derive-status.js';
import type { ProjectFacts, ProjectStatus } from '../../../src/core/project/project-status.js';
import type { ProjectStep, Stage, StepInput } from '../../../src/core/project/project-step.js';
import { checkScope } from '../../../src/core/scope/scope.js';

// Every expectation here is worked out by hand from the rules that the project's README states.

const SCOPE = checkScope({ version: 1, name: 'reviews', task: 'text-classification', labelled_examples: 12 });

function step(stage: Stage, name: string, changed: Partial<ProjectStep> = {}): ProjectStep {
  const none = { when: 0, results: {}, inputs: [], outputs: [], command: null };
  return { ...none, stage, name, state: 'done', ...changed };
}

const input = (path: string, change: StepInput['change'] = 'none'): StepInput => ({ path, change });

const scope = step('scope', 'scope.yaml', { outputs: ['scope.yaml'] });
const choice = (change: StepInput['change'] = 'none', model = 'models/a') =>
  step('select', 'stages/select.yaml', {
    ...{ model, inputs: [input('scope.yaml', change)], command: `genai select use ${model}` },
  });
const run = (name: string, when: number, inputs: StepInput[] = [], model = 'models/a') =>
  step('adapt', name, { when, model, inputs: [...inputs, input(model)], outputs: [`${name}/adapter`] });
const evaluation = (of: string, results: ProjectStep['results'] = {}) =>
  step('evaluate', `stages/evaluate-${of.replaceAll('/', '-')}.yaml`, {
    ...{ inputs: [input(`${of}/adapter/adapter_model.safetensors`)], results },
    command: `genai evaluate ${of}`,
  });

function status(steps: ProjectStep[], changed: Partial<ProjectFacts> = {}): ProjectStatus {
  return projectStatus({
    ...{
      project: '/p',
      scope: SCOPE,
      dataset: 'data',
      testRows: 'evaluation/test.jsonl',
      prompt: 'prompts/essay-plain.md',
      modelFolder: 'models/a',
    },
    ...changed,
    steps,
  });
}

const states = ({ stages }: ProjectStatus): string =>
  stages.map(({ stage, state }) => `${stage} ${state}`).join(', ');

describe('a stage', () => {
  it('is next when all before it are done, and waits before that', () => {
    expect(states(status([scope]))).toBe(
      'scope done, select next, adapt waiting, evaluate waiting, deploy waiting',
    );
    const unfinished = step('scope', 'scope.yaml', { state: 'unfinished', problem: 'little is said' });
    expect(states(status([unfinished]))).toBe(
      'scope next, select waiting, adapt waiting, evaluate waiting, deploy waiting',
    );
  });

  it('is stale when a file that it read has changed or is gone', () => {
    const changed = status([scope, choice('changed')]);
    expect(states(changed)).toBe('scope done, select stale, adapt waiting, evaluate waiting, deploy waiting');
    expect(changed.stages[1]!.steps[0]!.reasons).toEqual(['scope.yaml has changed since']);
    expect(changed.next).toEqual({
      ...{ stage: 'select', command: 'genai select use models/a', why: 'scope.yaml has changed since' },
    });
    const gone = status([scope, choice(), run('runs/1', 1, [input('data/train.jsonl', 'gone')])]);
    expect(gone.stages[2]).toMatchObject({
      state: 'stale',
      steps: [{ reasons: ['data/train.jsonl is gone'] }],
    });
  });

  it('is done when one of its steps holds, whatever became of the others', () => {
    const old = run('runs/1', 1, [input('data/train.jsonl', 'changed')]);
    const { stages } = status([scope, choice(), old, run('runs/2', 2, [input('data/train.jsonl')])]);
    expect(stages[2]).toMatchObject({ state: 'done', steps: [{ state: 'stale' }, { state: 'done' }] });
  });

  it('is stale along a chain: data, run, evaluation, export', () => {
    const merged = step('deploy', 'stages/deploy.yaml', {
      inputs: [input('runs/1/adapter/adapter_config.json')],
    });
    const chain = status([
      ...[scope, choice(), run('runs/1', 1, [input('data/train.jsonl', 'changed')])],
      ...[evaluation('runs/1'), merged],
    ]);
    expect(states(chain)).toBe('scope done, select done, adapt stale, evaluate stale, deploy stale');
    expect(chain.stages[3]!.steps[0]!.reasons).toEqual(['runs/1, which it was made from, is stale']);
    expect(chain.next).toMatchObject({
      stage: 'adapt',
      why: 'data/train.jsonl has changed since',
      command: 'genai adapt fine-tune --model models/a --dataset data --out runs/first',
    });
  });

  it('of another model than the chosen one is stale, but not of the same model elsewhere', () => {
    const other = status([scope, choice('none', 'org/b'), run('runs/1', 1)]);
    expect(other.stages[2]!.steps[0]!.reasons).toEqual(['it was trained from models/a; org/b is chosen now']);
    for (const place of ['models/b', '/cache/hub/models--org--b/snapshots/0123']) {
      expect(status([scope, choice('none', 'org/b'), run('runs/1', 1, [], place)]).stages[2]!.state).toBe(
        'done',
      );
    }
  });

  it('of evaluation is stale once a newer model is made', () => {
    const before = [scope, choice(), run('runs/1', 1), evaluation('runs/1')];
    expect(status(before).stages[3]!.state).toBe('done');
    const after = status([...before, run('runs/2', 2)]);
    expect(after.stages[3]).toMatchObject({ state: 'stale', note: 'runs/2 is newer than all of these' });
    expect(after.next).toMatchObject({
      command: 'genai evaluate runs/2 --dataset evaluation/test.jsonl --metric accuracy --metric f1',
      why: 'runs/2 is newer than all of these',
    });
    expect(status([...before, run('runs/2', 2), evaluation('runs/2')]).stages[3]!.state).toBe('done');
  });

  it('of adaptation is done by a prompt, which makes no model, and which has to be measured by itself', () => {
    const prompt = step('adapt', 'stages/prompt-a.yaml', {
      ...{ when: 2, prompt: 'prompts/best.md', outputs: ['runs/prompts/x', 'prompts/best.md'] },
      results: { accuracy: 1, model: 'models/a' },
    });
    const found = status([scope, choice(), prompt]);
    expect(states(found)).toBe('scope done, select done, adapt done, evaluate next, deploy waiting');
    expect(found.next).toEqual({
      stage: 'evaluate',
      command: 'genai evaluate models/a --prompt prompts/best.md --dataset evaluation/test.jsonl',
      why: 'measure on rows that the prompt was not chosen on',
    });
    const measured = step('evaluate', 'stages/evaluate-a.yaml', { inputs: [input('prompts/best.md')] });
    const after = status([scope, choice(), prompt, measured]);
    expect(states(after)).toBe('scope done, select done, adapt done, evaluate done, deploy next');
    expect(after.next!.command).toBe('genai chat models/a');
    // A model that was trained and measured before is what a prompt replaces, and the other way round.
    const tuned = [scope, choice(), run('runs/1', 1), evaluation('runs/1')];
    expect(status(tuned).stages[3]!.state).toBe('done');
    expect(status([...tuned, prompt]).stages[3]).toMatchObject({
      ...{ state: 'stale', note: 'stages/prompt-a.yaml is newer than all of these' },
    });
    expect(status([...tuned, { ...prompt, when: 0 }]).stages[3]!.state).toBe('done');
  });

  it('that is damaged does not count, and tells why', () => {
    const broken = step('adapt', 'runs/1', {
      state: 'damaged',
      problem: 'runs/1/run.json: is not what a run writes',
    });
    const { stages } = status([scope, choice(), broken]);
    expect(stages[2]).toMatchObject({
      ...{
        state: 'next',
        steps: [{ state: 'damaged', reasons: ['runs/1/run.json: is not what a run writes'] }],
      },
    });
  });
});

describe('the next command', () => {
  it('goes on with a run that was interrupted', () => {
    const command = 'genai adapt fine-tune --resume runs/1';
    const unfinished = step('adapt', 'runs/1', { state: 'unfinished', command });
    expect(status([scope, choice(), unfinished]).next).toEqual({
      ...{ stage: 'adapt', command, why: 'runs/1 was interrupted' },
    });
  });

  it('brings the model, then tries prompts, then trains', () => {
    const steps = [scope, choice('none', 'org/b')];
    expect(status(steps, { modelFolder: undefined }).next!.command).toBe(
      'genai select pull org/b --out models/b',
    );
    expect(status(steps, { modelFolder: 'models/b', dataset: undefined }).next!.command).toBe(
      'genai adapt prompt-engineer --model models/b --prompt prompts/essay-plain.md --dataset evaluation/test.jsonl',
    );
    expect(status(steps, { modelFolder: 'my models/b' }).next!.command).toBe(
      'genai adapt fine-tune --model "my models/b" --dataset data --out runs/first',
    );
  });

  it('merges an adapter, and is none when all is done', () => {
    const steps = [scope, choice(), run('runs/first', 1), evaluation('runs/first')];
    expect(status(steps).next!.command).toBe(
      'genai adapt merge --adapter runs/first/adapter --out exports/first',
    );
    const merged = step('deploy', 'stages/deploy.yaml', { inputs: [input('runs/first/adapter')] });
    expect(status([...steps, merged]).next).toBeNull();
  });
});

describe('the bar', () => {
  const withBar = (metric: 'accuracy' | 'perplexity' | 'f1', target: number) => ({
    scope: checkScope({ ...SCOPE, quality: { metric, target } }),
  });
  const steps = (results: ProjectStep['results']) => [
    ...[scope, choice(), run('runs/first', 1), evaluation('runs/first', results)],
  ];

  it('is held against what was measured, more or less being better', () => {
    expect(status(steps({ accuracy: 0.8 }), withBar('accuracy', 0.8)).target).toEqual({
      ...{ metric: 'accuracy', target: 0.8, value: 0.8, reached: true },
    });
    expect(status(steps({ perplexity: 9 }), withBar('perplexity', 8)).target).toMatchObject({
      reached: false,
    });
    expect(status(steps({ perplexity: 7 }), withBar('perplexity', 8)).target).toMatchObject({
      reached: true,
    });
    expect(status(steps({ macro_f1: 0.5 }), withBar('f1', 0.4)).target).toMatchObject({ value: 0.5 });
    expect(status(steps({}), withBar('accuracy', 0.8)).target).toMatchObject({ value: null, reached: false });
  });

  it('calls for another round where it is missed', () => {
    expect(status(steps({ accuracy: 0.7 }), withBar('accuracy', 0.8)).next).toMatchObject({
      stage: 'adapt',
      command: 'genai adapt fine-tune --model models/a --dataset data --out runs/2',
      why: 'accuracy is 0.7, and the scope asks for 0.8: adapt further, or lower the bar in scope.yaml',
    });
  });

  it('makes adapting needless where the model alone reaches it', () => {
    const alone = step('evaluate', 'stages/e.yaml', {
      inputs: [input('models/a')],
      results: { accuracy: 0.9 },
    });
    const reached = status([scope, choice(), alone], withBar('accuracy', 0.8));
    expect(states(reached)).toBe('scope done, select done, adapt done, evaluate done, deploy next');
    expect(reached.next!.command).toBe('genai chat models/a');
  });
});
