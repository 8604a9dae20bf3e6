import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import DeployPlan from '../../../src/commands/deploy/plan.js';
import { ACCELERATORS } from '../../../src/core/accelerators/accelerators.js';
import type { DeployPlanResult } from '../../../src/lifecycle/deploy/plan.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { runCommand } from '../../cli/run-command.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genai-plan-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function plan(...argv: string[]): Promise<DeployPlanResult> {
  const { stdout, error } = await runCommand(DeployPlan, [...argv, '--json']);
  if (error !== undefined) throw error;
  return JSON.parse(stdout) as DeployPlanResult;
}

const failure = async (...argv: string[]): Promise<unknown> => (await runCommand(DeployPlan, argv)).error;

describe('genai deploy plan', () => {
  it('takes what a machine has from what is published of it', async () => {
    const { machine, recommended } = await plan('llama-3.1-8b', '--gpu', 'L4');
    const l4 = ACCELERATORS.find(({ id }) => id === 'l4')!;
    expect(machine.bandwidth_gb_s).toBe(l4.bandwidthGbPerSecond);
    expect(machine.usd_per_hour).toBe(0.7);
    expect(recommended).toBe('safetensors-bf16');
  });

  it('obeys a scope, and flags before it', async () => {
    const scope = join(folder, 'scope.yaml');
    await writeFile(
      scope,
      [
        'version: 1',
        'name: plan',
        'task: conversational',
        'input_tokens: 300',
        'output_tokens: 60',
        'latency: { tokens_per_second: 20 }',
        'volume: { requests_per_day: 1000, concurrent: 4 }',
        'privacy: on-device',
        'hardware: { memory_gb: 16 }',
        'budget: { usd_per_month: 500 }',
      ].join('\n'),
    );
    const { need, machine, forms } = await plan('qwen2.5-0.5b', '--scope', scope, '--concurrent', '1');
    expect(need).toEqual({
      prompt_tokens: 300,
      output_tokens: 60,
      concurrent: 1,
      requests_per_day: 1000,
      tokens_per_second: 20,
      first_token_seconds: null,
      usd_per_month: 500,
      privacy: 'on-device',
    });
    expect(machine.memory_bytes).toBe(16e9);
    expect(forms.map(({ id }) => id)).not.toContain('safetensors-bf16');
  });

  it('measures the processor it would run on, and gives commands for what is there', async () => {
    const { machine, need, forms, recommended } = await plan('templates/starter-model', '--gpus', '0');
    expect(machine).toMatchObject({ place: 'processor', measured: true });
    expect(machine.bandwidth_gb_s).toBeGreaterThan(0.1);
    expect(machine.tflops).toBeGreaterThan(0);
    // The model has 256 positions.
    expect(need.prompt_tokens + need.output_tokens).toBeLessThanOrEqual(256);
    expect(recommended).toBe('serve-q8_0');
    expect(forms[0]!.commands).toEqual([
      'genai deploy export templates/starter-model --target gguf --precision Q8_0 --name starter-model --out exports/starter-model-gguf',
      'genai deploy serve exports/starter-model-gguf/starter-model-Q8_0.gguf',
    ]);
  });

  it('runs on the processor where there are no cards, whatever their kind', async () => {
    const { machine, recommended } = await plan('templates/starter-model', '--gpu', 'L4', '--gpus', '0');
    expect(machine).toMatchObject({ place: 'processor', measured: true, usd_per_hour: null });
    expect(recommended).toBe('serve-q8_0');
    const named = await plan('templates/starter-model', '--gpu', 'L4', '--gpus', '0', '--memory', '8GB');
    expect(named.machine).toMatchObject({ place: 'processor', bandwidth_gb_s: null });
  });

  it('pulls first what is not there', async () => {
    const { forms } = await plan('qwen2.5-0.5b', '--memory', '8GB');
    expect(forms[0]!.commands[0]).toBe('genai select pull Qwen/Qwen2.5-0.5B --out models/qwen2.5-0.5b');
  });

  it.each([
    ['a model that generates nothing', ['bert-base-uncased'], 'UNSUPPORTED'],
    [
      'more tokens than it has positions',
      ['gpt2', '--memory', '8GB', '--prompt-tokens', '1000'],
      'CONTEXT_OVERFLOW',
    ],
    ['a name that means nothing', ['no-such-model'], 'NOT_FOUND'],
    ['an unknown accelerator', ['7B', '--gpu', 'L5'], 'USAGE'],
    ['no memory', ['7B', '--memory', '0GB'], 'USAGE'],
    ['a price below nothing', ['7B', '--memory', '8GB', '--price=-1'], 'USAGE'],
  ])('refuses %s', async (_what, argv, code) => {
    expect(await failure(...argv)).toMatchObject({ code });
  });

  it.each(
    exampleCommandLines(DeployPlan, 'deploy plan').map((words) => [words.join(' '), words.slice(3)] as const),
  )('%s', async (_line, argv) => {
    const { stdout, error } = await runCommand(DeployPlan, [...argv]);
    expect(error).toBeUndefined();
    expect(stdout).toContain('Plan for');
  });
});
