import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { beamSearch } from '../../../src/core/generation/beam-search.js';
import { generate } from '../../../src/core/generation/generate.js';
import { LanguageModel } from '../../../src/core/generation/language-model.js';
import { loadBothForms, openModelSource } from '../../../src/core/generation/load-language-model.js';
import { SlotTextModel } from '../../../src/core/generation/slot-text-model.js';
import type { ScoredSequence } from '../../../src/core/scoring/scorer.js';
import { SequenceScorer } from '../../../src/core/scoring/sequence-scorer.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { writeAsGguf } from '../checkpoints/gguf/written-model.js';
import { architectureCases, compare, GOLDEN, readJson, readWeights } from '../../golden/golden.js';
import {
  cpuEngine,
  goldenFolder,
  loadGolden,
  randomModel,
  spellingTokenizer,
  type GreedyCase,
} from './models.js';

const LOGIT_TOLERANCE = 2e-4;
const engine = cpuEngine();
const scratch = mkdtempSync(join(tmpdir(), 'genai-slot-text-model-'));
afterAll(async () => {
  await engine.dispose();
  rmSync(scratch, { recursive: true });
});

async function loadInSlots(folder: string, config = 'config.json'): Promise<SlotTextModel> {
  const model = readModel(readJson(folder, config), config);
  const weights = { tensors: await readWeights(folder, model), quantized: new Map() };
  return SlotTextModel.create(engine, { model, adapter: undefined }, weights);
}

describe('texts side by side continue as transformers continues them', () => {
  it.each(architectureCases().map((folder) => [basename(folder), folder]))('%s', async (_name, folder) => {
    const { greedy, input_ids, configs } = readJson<GreedyCase>(folder, 'case.json');
    const model = await loadInSlots(folder, configs[0]);
    const prompts = [input_ids[0]!.slice(0, 5), greedy.prompt, input_ids[0]!.slice(0, 1)];
    const answers = await generate(model, spellingTokenizer(), prompts, {
      maxNewTokens: greedy.tokens.length,
      batchSize: 3,
    });
    expect(answers[1]!.tokenIds).toEqual(greedy.tokens);
    await model.dispose();
  });
});

interface BeamCase {
  model: string;
  prompt: number[];
  settings: { num_beams: number; max_new_tokens: number; eos_token_id?: number[]; length_penalty?: number };
  tokens: number[];
  score: number;
}

describe('beams go on from one another as in transformers', () => {
  const plain = readJson<{ cases: (BeamCase & { settings: object })[] }>(GOLDEN, 'beams.json').cases.filter(
    ({ settings }) => !('early_stopping' in settings) && !('repetition_penalty' in settings),
  );
  it.each(plain.map((golden) => [golden.model, JSON.stringify(golden.settings), golden] as const))(
    '%s %s',
    async (name, _settings, { prompt, settings, tokens, score }) => {
      const model = await loadInSlots(goldenFolder(name));
      const found = await beamSearch(model, spellingTokenizer(settings.eos_token_id), prompt, {
        ...{ beams: settings.num_beams, maxNewTokens: settings.max_new_tokens },
        lengthPenalty: settings.length_penalty,
      });
      expect(found.tokenIds).toEqual(tokens);
      expect(found.score).toBeCloseTo(score, 4);
      await model.dispose();
    },
  );
});

describe('SlotTextModel', () => {
  it('scores as SequenceScorer does, texts longer than a run reads and ones that share a beginning', async () => {
    const { model, weights } = randomModel();
    const long = Array.from({ length: 1100 }, (_, place) => (place * 7919) % 50);
    const from = (tokenIds: number[], scored: (place: number) => boolean): ScoredSequence => ({
      tokenIds,
      supervised: tokenIds.map((_, place) => Number(place > 0 && scored(place))),
    });
    const sequences = [
      from(long, () => true),
      from(long, (place) => place === 1), // its only answer is within what is held
      from([...long.slice(0, 1000), 3, 1, 4], (place) => place >= 1000),
      from([...long.slice(0, 1000), 3, 7], (place) => place >= 1000),
      from([2, 7, 1], (place) => place === 2),
      from([2, 7, 1, 8, 2, 8], (place) => place % 2 === 1),
      from([5, 6], () => false),
    ];
    const reference = await SequenceScorer.create(engine, model, weights);
    const expected = await reference.score(sequences);
    const fixed = { tensors: weights, quantized: new Map() };
    const slots = await SlotTextModel.create(engine, { model, adapter: undefined }, fixed);
    const done: number[] = [];
    for (const [index, loss] of (await slots.score(sequences, (count) => done.push(count))).entries()) {
      expect(loss / Math.max(1, expected[index]!)).toBeCloseTo(
        expected[index]! / Math.max(1, expected[index]!),
        4,
      );
    }
    expect(done).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const one of [reference, slots]) await one.dispose();
  });

  it('reads on from what a row holds, leaves finished rows alone, and stops between pieces', async () => {
    const { model, weights } = randomModel();
    const fixed = { tensors: weights, quantized: new Map() };
    const slots = await SlotTextModel.create(engine, { model, adapter: undefined }, fixed);
    const plain = await LanguageModel.create(engine, model, weights);
    const alone = async (tokens: readonly number[]): Promise<Float32Array> =>
      (await plain.prefill(await plain.createCache(1, tokens.length), [tokens]))[0]!;
    const cache = await slots.createCache(2);
    const text = Array.from({ length: 600 }, (_, place) => (place * 7919) % 50);
    await slots.prefill(cache, [text, [4, 5]]);
    const [, after] = await slots.decode(cache, [undefined, 6]);
    expect(compare(after!, await alone([4, 5, 6])).difference).toBeLessThan(LOGIT_TOLERANCE);
    expect(cache.rows).toEqual([text, [4, 5, 6]]);
    const other = [...text.slice(0, 590), 1, 2];
    const [again] = await slots.prefill(cache, [other, [4, 5, 6]]);
    expect(compare(again!, await alone(other)).difference).toBeLessThan(LOGIT_TOLERANCE);

    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(slots.prefill(cache, [text, [1]], controller.signal)).rejects.toThrow('enough');
    expect(cache.rows[0]).toEqual(text.slice(0, 590)); // what it shared with the text before
    for (const one of [slots, plain]) await one.dispose();
  });

  it('runs models as wide as any that is published', async () => {
    // Feed-forward layers of Llama 3.1 405B, the vocabulary of Gemma 3.
    const model = readModel({
      ...{ model_type: 'llama', vocab_size: 262_208, hidden_size: 8, intermediate_size: 53_248 },
      ...{ num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 64 },
    });
    const weights = initializeParameters(model.parameters, 5);
    const fixed = { tensors: weights, quantized: new Map() };
    const slots = await SlotTextModel.create(engine, { model, adapter: undefined }, fixed);
    const plain = await LanguageModel.create(engine, model, weights);
    const text = [262_207, 3, 100_000];
    const [found] = await slots.prefill(await slots.createCache(1), [text]);
    const [expected] = await plain.prefill(await plain.createCache(1, 16), [text]);
    expect(compare(found!, expected!).difference).toBeLessThan(LOGIT_TOLERANCE);
    for (const one of [slots, plain]) await one.dispose();
  });

  it('gives mean states as LanguageModel does', async () => {
    const folder = goldenFolder('llama-gqa-tied');
    const [slots, plain] = [await loadInSlots(folder), await loadGolden(engine, folder)];
    const texts = [[5, 9, 1, 30], [7]];
    const expected = await plain.meanStates(texts);
    for (const [row, mean] of (await slots.meanStates(texts)).entries())
      expect(compare(mean, expected[row]!).difference).toBeLessThan(LOGIT_TOLERANCE);
    for (const one of [slots, plain]) await one.dispose();
  });
});

describe('loadBothForms', () => {
  const starter = fileURLToPath(new URL('../../../templates/starter-model', import.meta.url));

  it('multiplies with integers as they are stored, where the engine can', async () => {
    const file = join(scratch, 'q8.gguf');
    await writeAsGguf(starter, { type: 'Q8_0' }, file);
    const source = await openModelSource(nodeFileSystem, { model: file });
    const text = source.tokenizer.encode('The captain looked at the sea');
    const loaded = await loadBothForms(nodeFileSystem, source, engine);
    expect(loaded.model).toBeInstanceOf(SlotTextModel);
    // Another engine brings them back to numbers: inputs that are rounded to 8 bits change little.
    const reference = await createReferenceEngine();
    const numbers = await loadBothForms(nodeFileSystem, source, reference);
    expect(numbers.model).toBeInstanceOf(LanguageModel);
    const after = async ({ model }: typeof loaded): Promise<Float32Array> =>
      (await model.prefill(await model.createCache(1, 16), [text]))[0]!;
    const { difference } = compare(await after(loaded), await after(numbers));
    expect(difference).toBeLessThan(0.05);
    const sequence = { tokenIds: text, supervised: text.map((_, place) => Math.min(1, place)) };
    const [own] = await (await loaded.scorer()).score([sequence]);
    const [other] = await (await numbers.scorer()).score([sequence]);
    expect(Math.abs(own! - other!)).toBeLessThan(0.05);
    for (const one of [loaded, numbers]) await one.dispose();
    await reference.dispose();
  });

  it('keeps weights that are numbers in cells', async () => {
    const source = await openModelSource(nodeFileSystem, { model: starter });
    const loaded = await loadBothForms(nodeFileSystem, source, engine);
    expect(loaded.model).toBeInstanceOf(LanguageModel);
    await loaded.dispose();
  });
});
