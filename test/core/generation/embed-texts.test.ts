import { afterAll, describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { embedTexts } from '../../../src/core/generation/embed-texts.js';
import type { Engine } from '../../../src/core/engine/engine.js';
import { compare, GOLDEN, readJson } from '../../golden/golden.js';
import { cpuEngine, goldenFolder, loadGolden } from './models.js';

const { models } = readJson<{ models: Record<string, { ids: number[]; vector: number[] }[]> }>(
  GOLDEN,
  'embeddings.json',
);

/** float32 sums in another order, of vectors of length 1. */
const TOLERANCE = 2e-6;

describe.each(Object.entries({ onnxruntime: async () => cpuEngine(), reference: createReferenceEngine }))(
  '%s engine: embeddings are those of transformers',
  (_, create: () => Promise<Engine>) => {
    let engine: Engine | undefined;
    afterAll(() => engine?.dispose());

    it.each(Object.keys(models))('%s', async (name) => {
      engine ??= await create();
      const model = await loadGolden(engine, goldenFolder(name));
      const texts = models[name]!;
      const done: number[] = [];
      const vectors = await embedTexts(
        model,
        texts.map(({ ids }) => ids),
        { onDone: (count) => done.push(count) },
      );
      texts.forEach(({ vector }, index) => {
        expect(compare(vectors[index]!, vector).difference).toBeLessThan(TOLERANCE);
      });
      // Six texts: four and two are powers of two.
      expect(done).toEqual([4, 6]);
      await model.dispose();
    });
  },
);

describe('embedTexts', () => {
  const engine = cpuEngine();
  afterAll(() => engine.dispose());

  it('takes texts that fill the context, and refuses what is longer, empty or unknown', async () => {
    const model = await loadGolden(engine, goldenFolder('gpt2'));
    const ofLength = (length: number): number[] => Array.from({ length }, (_, index) => index % 20);
    const context = model.contextLength;
    const [vector] = await embedTexts(model, [ofLength(context)]);
    expect(Math.hypot(...vector!)).toBeCloseTo(1, 6);
    expect(await embedTexts(model, [])).toEqual([]);
    await expect(embedTexts(model, [[1], ofLength(context + 1)])).rejects.toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      message: 'text 2 has 45 tokens; the model reads 44 at most',
    });
    await expect(embedTexts(model, [[]])).rejects.toMatchObject({ code: 'USAGE' });
    await expect(embedTexts(model, [[1, 1_000_000]])).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' });
    await expect(embedTexts(model, [[1_000_000, 1]])).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' });
    await expect(embedTexts(model, [[1]], { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
      'stop',
    );
    await model.dispose();
  });
});
