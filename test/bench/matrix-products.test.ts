import { describe, expect, it } from 'vitest';
import { operationsOf, trainingWork } from '../../bench/matrix-products.js';
import { readModel } from '../../src/core/architectures/index.js';
import { GOLDEN, readJson } from '../golden/golden.js';

interface Golden {
  readonly batch: number;
  readonly length: number;
  readonly rank: number;
  readonly cases: readonly {
    readonly config: Readonly<Record<string, unknown>>;
    readonly targets: readonly string[] | string | null;
    readonly linear: number;
    readonly attention: number;
  }[];
}

const golden = readJson<Golden>(GOLDEN, 'bench', 'matrix-products.json');

function workOf(
  config: Readonly<Record<string, unknown>>,
  batchSize: number,
  length: number,
  targets: readonly string[] | string | null,
): { linear: number; attention: number } {
  const lora =
    targets === null
      ? {}
      : { lora: { rank: golden.rank, alpha: 1, dropout: 0, targets, rankStabilized: false } };
  const { products, attentionOperations } = trainingWork(readModel(config), {
    ...{ kind: 'training', name: '', title: '', config, batchSize, length },
    ...lora,
  });
  return {
    linear: products.reduce((sum, product) => sum + operationsOf(product), 0),
    attention: attentionOperations,
  };
}

describe('the matrix products of a training step', () => {
  const { batch, length } = golden;
  for (const { config, targets, ...expected } of golden.cases) {
    const name = `${String(config['model_type'])}, ${JSON.stringify(targets ?? 'full')}`;
    it(`are those that PyTorch runs: ${name}`, () => {
      const { linear, attention } = workOf(config, batch, length, targets);
      expect(linear).toBe(expected.linear);
      // PyTorch's count is over length² pairs; the causal mask lets length (length + 1) / 2 through.
      expect(attention * 2 * length).toBe(expected.attention * (length + 1));
    });
  }

  it('count only pairs inside a sliding window', () => {
    const config = {
      ...golden.cases[0]!.config,
      ...{ model_type: 'mistral', num_hidden_layers: 1, sliding_window: 2 },
    };
    // By hand: of four positions with a window of two, 1 + 2 + 2 + 2 = 7 pairs; six products of 64 wide queries.
    expect(workOf(config, 1, 4, null).attention).toBe(7 * 6 * 2 * 64);
  });
});
