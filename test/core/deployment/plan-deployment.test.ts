import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_FORMS } from '../../../src/core/deployment/deployment-form.js';
import {
  planDeployment,
  type DeploymentMachine,
  type DeploymentNeed,
} from '../../../src/core/deployment/plan-deployment.js';
import { evaluateFormula } from '../../../src/core/estimates/formula.js';
import { inferenceMemory } from '../../../src/core/memory/inference-memory.js';
import { memoryModel } from '../../../src/core/memory/memory-model.js';
import { findModelCard } from '../../../src/core/model-cards/index.js';
import { readModelStructure } from '../../../src/core/model-structures/index.js';

const card = (await findModelCard('llama-3.1-8b'))!;
const model = memoryModel(readModelStructure(card.config, card.id));

/** An A100 of 80 GB as published: 2,039 GB/s, 312 TFLOPS. */
const A100: DeploymentMachine = {
  place: 'graphics card',
  devices: 1,
  memoryBytes: 80e9,
  bandwidthGbPerSecond: 2039,
  tflops: 312,
  usdPerHour: 2.5,
};
const NEED: DeploymentNeed = {
  promptTokens: 512,
  outputTokens: 128,
  concurrent: 1,
  requestsPerDay: undefined,
  tokensPerSecond: undefined,
  firstTokenSeconds: undefined,
  usdPerMonth: undefined,
  privacy: undefined,
};
const plan = (need: Partial<DeploymentNeed> = {}, machine: Partial<DeploymentMachine> = {}) =>
  planDeployment(model, { ...NEED, ...need }, { ...A100, ...machine });
const idsOf = (result: ReturnType<typeof plan>): string[] => result.forms.map(({ id }) => id);

describe('planDeployment', () => {
  it('gives the speed of a roofline, by hand', () => {
    const [form] = plan().forms;
    // 8.03e9 weights of two bytes at 60 % of the bandwidth; the cache of some 576 positions adds 0.5 %.
    const seconds = (model.parameters * 2 + 576 * 131_072) / (2039e9 * 0.6);
    expect(form!.id).toBe('safetensors-bf16');
    expect(form!.tokens_per_second!.value).toBeCloseTo(1 / seconds, 0);
    // One token of the 128 comes with the prompt.
    const whole = form!.first_token_seconds!.value + 127 * seconds;
    expect(form!.total_tokens_per_second!.value).toBeCloseTo(128 / whole, 0);
    expect(form!.usd_per_million_tokens!.value).toBeCloseTo(((1e6 / (128 / whole)) * 2.5) / 3600, 1);
    expect(form!.usd_per_month!.value).toBeCloseTo(2.5 * 730.5, 6);
    for (const figure of [form!.tokens_per_second!, form!.usd_per_million_tokens!, form!.usd_per_month!]) {
      expect(evaluateFormula(figure.formula, figure.inputs)).toBe(figure.value);
    }
  });

  it('reads heads and scales in the bits that they have: no form is faster than its bytes allow', async () => {
    const small = (await findModelCard('qwen2.5-0.5b'))!;
    const qwen = memoryModel(readModelStructure(small.config, small.id));
    const bandwidth = 300;
    const { forms } = planDeployment(qwen, NEED, { ...A100, bandwidthGbPerSecond: bandwidth, tflops: 121 });
    const speedOf = (id: string): number => forms.find((form) => form.id === id)!.tokens_per_second!.value;
    // A head of 151,936 × 896 weights in 16 bits, shared with the embedding; 4 bits and 20 for 128 of all others.
    const head = 151_936 * 896;
    const bytes = 2 * head + ((qwen.parameters - head) * (4 + 20 / 128)) / 8;
    // 24 layers of 2 × 128 keys and values in 16 bits at 576 positions.
    const cache = 576 * 24 * 2 * 128 * 2;
    expect(speedOf('safetensors-int4')).toBeCloseTo((bandwidth * 1e9 * 0.6) / (bytes + cache), -1);
    expect(speedOf('safetensors-int4')).toBeLessThan((bandwidth * 1e9) / bytes);
  });

  it('puts the most exact form that does first', () => {
    expect(plan().recommended).toBe('safetensors-bf16');
    const small = plan({}, { memoryBytes: 12e9 });
    expect(small.recommended).toBe('gguf-q8_0');
    expect(small.forms.find(({ id }) => id === 'safetensors-bf16')!.problems).toEqual([
      expect.stringMatching(/^needs 1\d\.\d GB of 12\.0 GB$/),
    ]);
    expect(plan({}, { memoryBytes: 8e9 }).recommended).toBe('safetensors-int4');
    expect(plan({}, { memoryBytes: 1e9 }).recommended).toBeNull();
  });

  it('says of every demand what is not met', () => {
    const slow = { bandwidthGbPerSecond: 100, tflops: 1 };
    const problems = (need: Partial<DeploymentNeed>): readonly string[] =>
      plan(need, slow).forms.find(({ id }) => id === 'ollama-q4_k_m')!.problems;
    expect(problems({})).toEqual([]);
    expect(problems({ tokensPerSecond: 50 })).toEqual([
      expect.stringMatching(/^writes \d+\.\d tokens a second of 50 that are wanted$/),
    ]);
    expect(problems({ firstTokenSeconds: 1 })).toEqual([expect.stringMatching(/^begins after \d+\.\d s/)]);
    expect(problems({ requestsPerDay: 1e6 })).toEqual([expect.stringMatching(/^answers \d+ requests a day/)]);
    expect(problems({ concurrent: 4 })).toEqual(['answers one request after the other, not 4 at once']);
    expect(problems({ usdPerMonth: 100 })).toEqual(['costs 1826 USD a month of 100']);
  });

  it('keeps to places: servers do not run on users’ devices, browsers do', () => {
    expect(idsOf(plan({}, { place: 'processor' }))).toContain('serve-q8_0');
    expect(idsOf(plan())).not.toContain('serve-q8_0');
    const onDevice = idsOf(plan({ privacy: 'on-device' }, { place: 'processor' }));
    expect(new Set(onDevice)).toEqual(new Set(['gguf-q8_0', 'ollama-q4_k_m', 'onnx-int4']));
  });

  it('has the memory of the estimator, and no speed where none is known', () => {
    const { forms } = plan({ concurrent: 4 }, { bandwidthGbPerSecond: undefined, usdPerHour: undefined });
    for (const form of forms) {
      const { weights, isBatched } = DEPLOYMENT_FORMS.find(({ id }) => id === form.id)!;
      const batch = isBatched ? 4 : 1;
      const expected = inferenceMemory(model, { dtype: weights, batch, context: 640, tensorParallel: 1 });
      expect(form.memory_bytes).toBe(expected.total_bytes);
      expect([form.tokens_per_second, form.usd_per_million_tokens, form.usd_per_month]).toEqual([
        null,
        null,
        null,
      ]);
    }
  });
});
