import { describe, expect, it } from 'vitest';
import { loraTargets } from '../../../src/core/adapters/lora.js';
import { readModel } from '../../../src/core/architectures/index.js';
import type { MemoryPart } from '../../../src/core/estimates/figure.js';
import {
  toolkitTrainingMemory,
  type ToolkitTrainingOptions,
} from '../../../src/core/memory/toolkit-training-memory.js';

/** Two layers of width 8, two heads of 4 over one key/value head: 1,128 parameters. */
const CONFIG = {
  model_type: 'llama',
  vocab_size: 16,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 256,
  tie_word_embeddings: true,
};
const MODEL = readModel(CONFIG);

function bytesOf(options: ToolkitTrainingOptions, model = MODEL): Record<string, number> {
  return Object.fromEntries(
    toolkitTrainingMemory(model, options).parts.map(({ part, bytes }) => [part, bytes]),
  );
}

function inputsOf(
  options: ToolkitTrainingOptions,
  name: string,
  model = MODEL,
): MemoryPart['derivation']['inputs'] {
  return toolkitTrainingMemory(model, options).parts.find(({ part }) => part === name)!.derivation.inputs;
}

/** An adapter of 100 parameters on these layers. */
function adapterOn(targets: string[], dropout = false): ToolkitTrainingOptions['adapter'] {
  const settings = { rank: 1, alpha: 1, dropout: 0, targets, rankStabilized: false };
  return { parameters: 100, layers: loraTargets(MODEL, settings), dropout };
}

describe('memory of the toolkit’s own training', () => {
  // Worked by hand. Three rows of 4 tokens make one block of queries a layer.
  // activations: 12 tokens keep in each of 2 layers 16 of the residual stream, 16 of queries and attention’s output,
  // 36 around the activation function and 8 + 8 + 8 + 12 inputs of linear layers; keys and values 2 · 12 · 8;
  // probabilities 2 · 3 · 2 · 4 · 4: 12 · 208 + 192 + 192 = 2,880 floats.
  it('adds up what full training of a small model holds', () => {
    const { program, ...rest } = bytesOf({ graphs: [{ batchSize: 3, length: 4 }] });
    expect(rest).toEqual({
      weights: 4 * 1128,
      gradients: 4 * 1128,
      'optimizer states': 8 * 1128,
      'copies of the gradients': 4 * 1128,
      'zeros under the embedding’s gradient': 4 * 128,
      activations: 11_520,
      logits: 12 * 12 * 16,
      'temporaries of the backward pass': 4 * 12 * (24 + 32),
      // A tenth of 11,520 + 2,304 + 2,688, rounded up.
      'arena slack': 1652,
    });
    const { total_bytes } = toolkitTrainingMemory(MODEL, { graphs: [{ batchSize: 3, length: 4 }] });
    expect(total_bytes).toBe(Object.values(rest).reduce((sum, bytes) => sum + bytes, program!));
  });

  it('holds embedding gradients instead of activations where tokens are few', () => {
    const wide = readModel({ ...CONFIG, vocab_size: 4000 });
    const parts = bytesOf({ graphs: [{ batchSize: 1, length: 1 }] }, wide);
    expect(parts['activations']! + parts['temporaries of the backward pass']!).toBe(2 * 4 * 4000 * 8);
  });

  it('trains adapters beside frozen weights', () => {
    const parts = bytesOf({
      graphs: [{ batchSize: 3, length: 4 }],
      adapter: adapterOn(['q_proj', 'v_proj']),
    });
    expect(parts).toMatchObject({ weights: 4 * 1228, gradients: 400, 'optimizer states': 800 });
    expect(parts).not.toHaveProperty('zeros under the embedding’s gradient');
  });

  // Of each layer: q and v share their input of 8; o_proj has one of 8; gate and up share one of 8; down_proj has one of
  // 12. With dropout every layer has a mask and an input of its own.
  it.each([
    [['q_proj', 'v_proj'], false, 2 * 8],
    [['v_proj', 'o_proj'], false, 2 * (8 + 8)],
    [['up_proj', 'down_proj'], false, 2 * (8 + 12)],
    [['q_proj', 'v_proj', 'down_proj'], true, 2 * 2 * (8 + 8 + 12)],
  ])('keeps the inputs of the adapted layers %j, dropout %s', (targets, dropout, elements) => {
    const options = { graphs: [{ batchSize: 1, length: 4 }], adapter: adapterOn(targets, dropout) };
    expect(inputsOf(options, 'activations')['linear_inputs']).toBe(elements);
  });

  // 128 tokens are two blocks of 64 queries. The second begins at 64 and, with a window of 40, sees keys from 25 on.
  it('counts only the keys that a block of queries sees', () => {
    const windowed = readModel({ ...CONFIG, model_type: 'mistral', sliding_window: 40 });
    const graphs = [{ batchSize: 1, length: 128 }];
    expect(inputsOf({ graphs }, 'activations')['keys']).toBe(2 * (64 + 128));
    const { keys, probabilities } = inputsOf({ graphs }, 'activations', windowed);
    expect([keys, probabilities]).toEqual([2 * (64 + 103), 2 * 2 * 64 * (64 + 103)]);
  });

  it('holds two copies of gradients that are accumulated', () => {
    const graph = { batchSize: 1, length: 4 };
    const parts = bytesOf({ graphs: [graph, { ...graph, accumulates: true }] });
    expect(parts['copies of the gradients']).toBe(2 * 4 * 1128);
  });

  it('computes logits only where something is learnt', () => {
    const parts = bytesOf({ graphs: [{ batchSize: 2, length: 8, lossRows: 4 }] });
    expect(parts['logits']).toBe(12 * 4 * 16);
  });

  it('adds what every further graph keeps, beside the largest', () => {
    const [small, large] = [
      { batchSize: 1, length: 4 },
      { batchSize: 3, length: 4 },
    ];
    const alone = bytesOf({ graphs: [large] });
    const both = bytesOf({ graphs: [small, large], evaluationGraphs: [large] });
    expect(both).toMatchObject({ activations: alone['activations'], logits: alone['logits'] });
    expect(both['zeros under the embedding’s gradient']).toBe(2 * 512);
    // The small graph, by the terms above: 4 · (4 · 208 + 64 + 64) + 12 · 4 · 16 + 4 · 4 · 56, and a tenth.
    const smallGraph = 3840 + 768 + 896 + 551;
    const evaluation = 4 * 12 * (36 + 24);
    const fixed = both['other graphs']! - smallGraph - evaluation;
    expect(fixed).toBe(2 * 12e6);
  });
});
