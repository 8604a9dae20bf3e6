import { expect, it } from 'vitest';
import type { Tensor } from '@tensorflow/tfjs';
import tf from '../../../src/core/engine/tensorflow-js.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import type { Engine } from '../../../src/core/engine/engine.js';
import { sequenceAttention } from '../../../src/core/layers/attention.js';
import { withRoundedActivations } from '../../../src/core/quantization/rounded-activations.js';
import { cpuEngine } from '../generation/models.js';

const MODEL = readModel({
  ...{ model_type: 'llama', vocab_size: 40, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 1 },
  ...{ num_attention_heads: 2, max_position_embeddings: 16, tie_word_embeddings: false },
});
const TOKENS = Int32Array.from([3, 1, 4, 1, 5, 9, 2, 6]);

/** What a layer multiplies, and what the head gets, of a model whose layers of these names get rounded inputs. */
async function inputsOf(engine: Engine, modules: readonly string[]): Promise<Record<string, Float32Array>> {
  const weights = initializeParameters(MODEL.parameters, 3);
  const model = withRoundedActivations(MODEL, new Set(modules));
  const shape = [1, TOKENS.length];
  const ids = { shape, dtype: 'int32' as const };
  const executable = await engine.compile({
    name: 'inputs of layers',
    inputs: {
      ...Object.fromEntries(
        MODEL.parameters.map((one) => [one.name, { shape: one.shape, dtype: 'float32' }]),
      ),
      ...{ tokens: ids, positions: ids },
    },
    body: (inputs) => {
      const seen: Record<string, Tensor> = {};
      const context = {
        parameter: (name: string) => inputs[name]!,
        attend: sequenceAttention(undefined),
        adapt(module: string, x: Tensor) {
          seen[module.split('.').at(-1)!] = tf.clone(x);
          return undefined;
        },
      };
      const hidden = model.hiddenStates(context, inputs['tokens']!, inputs['positions']!, TOKENS.length);
      return { q_proj: seen['q_proj']!, up_proj: seen['up_proj']!, head: tf.reshape(hidden, [-1, 32]) };
    },
  });
  const feeds = Object.fromEntries(MODEL.parameters.map(({ name }) => [name, weights.get(name)!.data]));
  const positions = TOKENS.map((_, index) => index);
  return (await executable.run({ ...feeds, tokens: TOKENS, positions })) as Record<string, Float32Array>;
}

/** By hand: of each row the largest magnitude over 127.5 is a step, integers go from -128 to 127, halves to the even. */
function roundRows(rows: Float32Array): number[] {
  return [...rows].map((value, index) => {
    const start = index - (index % 32);
    const row = [...rows.slice(start, start + 32)];
    const step = Math.fround(Math.max(...row.map(Math.abs)) / 127.5);
    const quotient = Math.fround(value / step);
    const down = Math.floor(quotient);
    const isHalf = quotient - down === 0.5;
    const integer = isHalf ? down + Math.abs(down % 2) : Math.round(quotient);
    return Math.max(-128, Math.min(127, integer)) * step;
  });
}

it('rounds what the layers named get to 8 bits, token by token, and leaves the others', async () => {
  const engine = cpuEngine();
  const plain = await inputsOf(engine, []);
  const first = await inputsOf(engine, ['model.layers.0.self_attn.q_proj', 'lm_head']);
  await engine.dispose();
  const close = (found: Float32Array, expected: readonly number[], digits: number): void =>
    found.forEach((value, index) => expect(value, `${index}`).toBeCloseTo(expected[index]!, digits));
  close(first['q_proj']!, roundRows(plain['q_proj']!), 6);
  expect(first['q_proj']).not.toEqual(plain['q_proj']);
  // Further on, inputs are those of a slightly other network: no multiples of a step.
  const steps = (rows: Float32Array): number => new Set(rows.slice(0, 32).map((x) => Math.abs(x))).size;
  expect(steps(first['up_proj']!)).toBe(32);
  // The head gets integers of the step that its row's largest makes, -128 or 127 of them.
  for (let start = 0; start < first['head']!.length; start += 32) {
    const row = first['head']!.slice(start, start + 32);
    const largest = row.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
    const step = largest < 0 ? largest / -128 : largest / 127;
    for (const x of row) expect(Math.abs(x / step - Math.round(x / step))).toBeLessThan(1e-3);
  }
});
