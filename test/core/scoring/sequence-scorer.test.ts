import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loraSettingsOf } from '../../../src/core/adapters/lora-config.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import { readAdapterFolder } from '../../../src/core/checkpoints/adapter-folder.js';
import type { ScoredSequence } from '../../../src/core/scoring/scorer.js';
import { SequenceScorer } from '../../../src/core/scoring/sequence-scorer.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { architectureCases, GOLDEN, readJson, readWeights } from '../../golden/golden.js';
import { createTestedEngine } from '../engine/contract/tested-engine.js';

interface Case {
  base: string;
  configs: string[];
  input_ids: number[][];
  labels: number[][];
  loss: number;
}

const engine = createTestedEngine();
afterAll(() => engine.dispose());

/** transformers never learns the first label: it shifts labels left. */
function sequencesOf({ input_ids, labels }: Case): ScoredSequence[] {
  return input_ids.map((tokenIds, row) => ({
    tokenIds,
    supervised: labels[row]!.map((label, index) => (index > 0 && label !== -100 ? 1 : 0)),
  }));
}

function meanOf(scores: readonly number[], sequences: readonly ScoredSequence[]): number {
  const supervised = sequences.flatMap((sequence) => Array.from(sequence.supervised));
  return scores.reduce((a, b) => a + b, 0) / supervised.reduce((a, b) => a + b, 0);
}

describe('scores add up to the loss that transformers gives', () => {
  const wanted = ['gpt2', 'llama', 'qwen2'];
  const folders = architectureCases().filter((folder) => wanted.includes(basename(folder)));
  it.each(folders.map((folder) => [basename(folder), folder] as const))('%s', async (_name, folder) => {
    const golden = readJson<Case>(folder, 'case.json');
    const model = readModel(readJson(folder, golden.configs[0]!));
    const sequences = sequencesOf(golden);
    const scorer = await SequenceScorer.create(engine, model, await readWeights(folder, model));
    const together = await scorer.score(sequences);
    expect(meanOf(together, sequences)).toBeCloseTo(golden.loss, 4);
    // Each alone gives what it gives beside others, longer or shorter.
    for (const [index, sequence] of sequences.entries()) {
      const short = { tokenIds: [1, 2], supervised: [0, 1] };
      const [, alone] = await scorer.score([short, sequence]);
      expect(alone).toBeCloseTo(together[index]!, 3);
    }
    await scorer.dispose();
  });
});

describe('with an adapter, the loss that peft gives', () => {
  const adapters = join(GOLDEN, 'adapters');
  it.each(readdirSync(adapters))('%s', async (name) => {
    const golden = readJson<Case>(adapters, name, 'case.json');
    const base = join(GOLDEN, 'architectures', golden.base);
    const model = readModel(readJson(base, 'config.json'));
    const { config, state } = await readAdapterFolder(nodeFileSystem, join(adapters, name));
    const adapter = { settings: loraSettingsOf(config), weights: state };
    const scorer = await SequenceScorer.create(engine, model, await readWeights(base, model), adapter);
    const sequences = sequencesOf(golden);
    expect(meanOf(await scorer.score(sequences), sequences)).toBeCloseTo(golden.loss, 4);
    await scorer.dispose();
  });
});

describe('a scorer', () => {
  /** 21 learnt positions, which is no multiple of anything. */
  const model = readModel({
    ...{ model_type: 'gpt2', vocab_size: 11, n_positions: 21, n_embd: 8, n_layer: 1, n_head: 2 },
    initializer_range: 0.3,
  });
  const weights = initializeParameters(model.parameters, 1);
  const sequenceOf = (length: number, first: number): ScoredSequence => ({
    tokenIds: Array.from({ length }, (_, place) => (first + place * place) % 11),
    supervised: Array.from({ length }, (_, place) => Math.min(1, place)),
  });

  it('takes sequences as long as the context', async () => {
    const scorer = await SequenceScorer.create(engine, model, weights);
    const [whole] = await scorer.score([sequenceOf(21, 0)]);
    const { tokenIds } = sequenceOf(21, 0);
    const only = (scored: number): number[] =>
      Array.from({ length: 21 }, (_, place) => (place === scored ? 1 : 0));
    const parts = await scorer.score(
      Array.from({ length: 20 }, (_, index) => ({ tokenIds, supervised: only(index + 1) })),
    );
    // The score of a sequence is the sum of those of its tokens, and all are probabilities.
    expect(parts.reduce((a, b) => a + b, 0)).toBeCloseTo(whole!, 3);
    expect(parts.every((score) => score > 0)).toBe(true);
    await scorer.dispose();
  });

  it('keeps the order of more sequences than fit one batch, and says how far it is', async () => {
    const scorer = await SequenceScorer.create(engine, model, weights);
    const sequences = Array.from({ length: 40 }, (_, index) =>
      sequenceOf(2 + ((index * 7) % 19), index % 11),
    );
    const done: number[] = [];
    const scores = await scorer.score(sequences, (count) => done.push(count));
    expect(done).toEqual([32, 40]);
    for (const index of [0, 1, 17, 39]) {
      const [alone] = await scorer.score([sequences[index]!]);
      expect(scores[index]).toBeCloseTo(alone!, 3);
    }
    await scorer.dispose();
  });
});
