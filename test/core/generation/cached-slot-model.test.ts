import { basename } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { CachedSlotModel } from '../../../src/core/generation/cached-slot-model.js';
import { LanguageModel } from '../../../src/core/generation/language-model.js';
import { architectureCases, readJson } from '../../golden/golden.js';
import { cpuEngine, loadGolden, randomModel, type GreedyCase } from './models.js';

const engine = cpuEngine();
afterAll(() => engine.dispose());

function best(logits: Float32Array): number {
  return logits.indexOf(Math.max(...logits));
}

async function slotsOf(slots: number, capacity: number): Promise<CachedSlotModel> {
  const { model, weights } = randomModel();
  return CachedSlotModel.create(await LanguageModel.create(engine, model, weights), slots, capacity);
}

/** Reads a text in pieces. */
async function readAll(model: CachedSlotModel, slot: number, text: readonly number[]): Promise<Float32Array> {
  let logits!: Float32Array;
  for (let start = 0; start < text.length; start += model.largestRead) {
    logits = await model.read(slot, text.slice(start, start + model.largestRead));
  }
  return logits.slice();
}

describe('CachedSlotModel', () => {
  const [folder] = architectureCases().filter((path) => basename(path) === 'gpt2');

  it('continues several texts at once as transformers continues each', async () => {
    const { greedy, configs } = readJson<GreedyCase>(folder!, 'case.json');
    const language = await loadGolden(engine, folder!, configs[0]);
    const model = await CachedSlotModel.create(language, 3, language.contextLength);
    const { prompt, tokens } = greedy;
    const answers = [0, 1, 2].map(() => [] as number[]);
    // The second text joins two steps later, the third takes its beginning from the first one, two tokens in.
    answers[0]!.push(best(await model.read(0, prompt)));
    for (let step = 1; step < tokens.length + 2; step++) {
      if (step === 2) answers[1]!.push(best(await model.read(1, prompt)));
      if (step === 3) {
        model.copy(0, 2, prompt.length - 1);
        model.truncate(0, 0);
        answers[2]!.push(best(await model.read(2, prompt.slice(-1))));
        // What was cut off is read once more.
        answers[0]!.push(best(await model.read(0, [...prompt, ...answers[0]!])));
        expect(model.tokensOf(2)).toEqual(prompt);
        continue;
      }
      const going = [0, 1, 2].filter((slot) => {
        const { length } = answers[slot]!;
        return length > 0 && length < tokens.length;
      });
      const next = going.map((slot) => ({ slot, token: answers[slot]!.at(-1)! }));
      for (const [row, logits] of (await model.step(next)).entries())
        answers[going[row]!]!.push(best(logits));
    }
    for (const answer of answers) expect(answer).toEqual(tokens.slice(0, answer.length));
    expect(Math.min(...answers.map(({ length }) => length))).toBeGreaterThanOrEqual(tokens.length - 2);
    await model.dispose();
  });

  it('gives the same logits however a text is read, and to the bit whatever stands beside it', async () => {
    const model = await slotsOf(2, 700);
    const text = Array.from({ length: 600 }, (_, index) => (index * 7) % 50);
    const whole = await readAll(model, 0, text);
    model.truncate(0, 300);
    expect(model.tokensOf(0)).toEqual(text.slice(0, 300));
    let rest!: Float32Array;
    for (let start = 300; start < 600; start += 100)
      rest = await model.read(0, text.slice(start, start + 100));
    for (const [index, logit] of rest.entries()) expect(logit).toBeCloseTo(whole[index]!, 4);
    await readAll(model, 1, [1, 2, 3]);
    const pair = [
      { slot: 0, token: 5 },
      { slot: 1, token: 6 },
    ];
    const beside = (await model.step(pair)).map((logits) => logits.slice());
    for (const [row, one] of pair.entries()) {
      model.truncate(one.slot, model.tokensOf(one.slot).length - 1);
      expect((await model.step([one]))[0]).toEqual(beside[row]);
    }
    await model.dispose();
  });

  it('makes a copy that failed for one slot before another one needs it', async () => {
    const { model: shape, weights } = randomModel();
    const language = await LanguageModel.create(engine, shape, weights);
    const model = await CachedSlotModel.create(language, 4, 64);
    const expected = (await model.read(0, [1, 2, 3, 4])).slice();
    model.truncate(0, 3);
    model.copy(0, 1, 3);
    model.copy(0, 2, 3);
    vi.spyOn(language, 'copyRows').mockRejectedValueOnce(new Error('no memory'));
    await expect(model.read(3, [5])).rejects.toThrow('no memory');
    for (const slot of [1, 2]) {
      const found = await model.read(slot, [4]);
      for (const [index, logit] of found.entries()) expect(logit).toBeCloseTo(expected[index]!, 4);
    }
    await model.dispose();
  });

  it('frees everything where there is no memory for all slots', async () => {
    const { model: shape, weights } = randomModel();
    const cells: { isDisposed: boolean }[] = [];
    const created = engine.cell.bind(engine);
    const make = vi.spyOn(engine, 'cell').mockImplementation(async (...given) => {
      if (cells.length === shape.parameters.length + 3) throw new Error('no memory');
      const cell = await created(...given);
      const record = { isDisposed: false };
      cells.push(record);
      vi.spyOn(cell, 'dispose').mockImplementation(() => void (record.isDisposed = true));
      return cell;
    });
    try {
      const language = await LanguageModel.create(engine, shape, weights);
      await expect(CachedSlotModel.create(language, 4, 64)).rejects.toThrow('no memory');
      expect(cells.map(({ isDisposed }) => isDisposed)).toEqual(cells.map(() => true));
      cells.length = 4;
      await expect(LanguageModel.create(engine, shape, weights)).rejects.toThrow('no memory');
      expect(cells.slice(4).every(({ isDisposed }) => isDisposed)).toBe(true);
    } finally {
      make.mockRestore();
    }
  });

  it('embeds a text as the language model does', async () => {
    const { model: shape, weights } = randomModel();
    const language = await LanguageModel.create(engine, shape, weights);
    const model = await CachedSlotModel.create(language, 1, 64);
    await model.read(0, [9, 9]);
    const [mean] = await language.meanStates([[1, 2, 3]]);
    expect(await model.embed(0, [1, 2, 3])).toEqual(mean);
    expect(model.tokensOf(0)).toEqual([]);
    await model.dispose();
  });
});
