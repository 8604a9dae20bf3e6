import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../../src/core/engine/engine.js';
import {
  loadLanguageModel,
  openModelSource,
  type ModelSource,
} from '../../../../src/core/generation/load-language-model.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';
import { exportLoraGguf } from '../../../../src/core/checkpoints/gguf/index.js';
import { writeAdapterFolder } from '../../../../src/core/checkpoints/adapter-folder.js';
import { loadAdapter } from '../../../../src/core/generation/load-adapter.js';
import { loraParameters } from '../../../../src/core/adapters/lora.js';
import { adapterConfigOf } from '../../../../src/core/adapters/lora-config.js';
import { elementCount } from '../../../../src/core/checkpoints/tensor-source.js';
import { cpuEngine } from '../../generation/models.js';
import { writeAsGguf } from './written-model.js';
import { findLlamaCpp, llamaIds, llamaLogits } from './llama-cpp.js';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const STARTER = join(REPOSITORY, 'templates/starter-model');
const TINY = ['gpt2', 'llama', 'llama-tied', 'mistral', 'qwen2', 'qwen3'].map((name) =>
  join(REPOSITORY, 'test/golden/gguf-models', name),
);

const TEXTS = [
  'The capital of France is',
  ' leading and trailing ',
  "I'LL see you're THERE, we'Ve 1234567 left... #!?",
  'two  spaces, a\ttab and\n\n\nempty lines\r\n end',
  'naïve café — Grüße, Ελληνικά, Привет, العربية',
  '日本語のテキスト 한국어 ไทย',
  '🦙🏽 👩‍👩‍👧 ❤️ emoji',
  'if (a[i] != b) { return `${x}`; } // done\n\tfor i in range(10):',
  'A definition of "dog": a domesticated',
];

/** Less than the window of the tiny Mistral, which llama.cpp does not know. */
const LONGEST = 60;

const { llama, missing } = await findLlamaCpp();
const suite = missing === undefined ? 'in llama.cpp itself' : `in llama.cpp itself (skipped: ${missing})`;

let folder: string;
let engine: Engine;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-llama-cpp-'));
  engine = cpuEngine();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await engine.dispose();
  await llama?.dispose();
});

async function write(path: string, type: string): Promise<[string, ModelSource]> {
  const out = join(folder, `${basename(path)}-${type}.gguf`);
  await writeAsGguf(path, { type }, out);
  return [out, await openModelSource(nodeFileSystem, { model: path })];
}

/** This toolkit's own logits after each text, from the folder that the file was made from. */
async function ownLogits(
  source: ModelSource,
  texts: readonly (readonly number[])[],
): Promise<Float32Array[]> {
  const model = await loadLanguageModel(nodeFileSystem, source, engine);
  const cache = await model.createCache(texts.length, Math.max(...texts.map(({ length }) => length)));
  const logits = await model.prefill(cache, texts);
  const results = logits.map((row) => Float32Array.from(row.subarray(0, source.model.shape.vocabulary)));
  cache.dispose();
  await model.dispose();
  return results;
}

function logProbabilities(logits: Float32Array | Float64Array): Float64Array {
  const values = Float64Array.from(logits);
  const most = Math.max(...values);
  const logSum = most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
  return values.map((value) => value - logSum);
}

/** Kullback–Leibler divergence in nats, and whether the likeliest token is the same. */
function compare(own: Float32Array, other: Float64Array): { divergence: number; sameTop: boolean } {
  const [p, q] = [logProbabilities(own), logProbabilities(other)];
  const top = (values: Float64Array): number => values.indexOf(Math.max(...values));
  return {
    divergence: p.reduce((sum, value, id) => sum + Math.exp(value) * (value - q[id]!), 0),
    sameTop: top(p) === top(q),
  };
}

describe.skipIf(llama === undefined)(`exported models ${suite}`, () => {
  // llama.cpp keeps keys and values in 16 bits, and so do its sums in F16: the last digits differ.
  it.each([
    [STARTER, 'F16', 1e-5],
    // Weights of 8 bits are others; so little is lost by them.
    [STARTER, 'Q8_0', 1e-3],
    ...TINY.map((path) => [path, 'F32', 1e-5] as const),
  ] as const)(
    '%s in %s gives the same ids and probabilities',
    async (path, type, tolerance) => {
      const [file, source] = await write(path, type);
      const model = await llama!.loadModel({ modelPath: file });
      const ids = TEXTS.map((text) => source.tokenizer.encode(text, { addSpecialTokens: false }));
      expect(TEXTS.map((text) => llamaIds(model, text))).toEqual(ids);

      const begin = source.tokenizer.encode('').slice(0, 1);
      const texts = ids.map((text) => [...begin, ...text].slice(0, LONGEST));
      const [own, other] = [
        await ownLogits(source, texts),
        await llamaLogits(model, texts, source.model.shape.vocabulary),
      ];
      await model.dispose();
      const compared = own.map((logits, index) => compare(logits, other[index]!));
      for (const { divergence, sameTop } of compared) {
        expect(divergence).toBeLessThan(tolerance);
        expect(sameTop || type === 'Q8_0').toBe(true);
      }
    },
    30_000,
  );

  // GPT-2's linear layers are published the other way round, LLaMA's queries and keys with their rows in another order.
  it.each([TINY[0]!, TINY[1]!])(
    '%s has an adapter beside it that does the same',
    async (path) => {
      const [file, { model: base, tokenizer }] = await write(path, 'F32');
      const adapterFolder = join(folder, `${basename(path)}-adapter`);
      const settings = { rank: 3, alpha: 6, dropout: 0, targets: 'all-linear', rankStabilized: true };
      const state = new Map(
        loraParameters(base, settings).map(({ name, shape }, index) => [
          name,
          {
            shape,
            data: Float32Array.from(
              { length: elementCount(shape) },
              (_, at) => 0.2 * Math.sin(7 * index + at),
            ),
          },
        ]),
      );
      const config = adapterConfigOf(base, settings, path);
      await writeAdapterFolder(nodeFileSystem, adapterFolder, { config, state, storage: 'F32' });
      const adapter = join(folder, `${basename(path)}-adapter.gguf`);
      const written = await loadAdapter(nodeFileSystem, adapterFolder, base);
      await exportLoraGguf(written, base, { path: adapterFolder }, adapter, { files: nodeFileSystem });

      const texts = TEXTS.slice(0, 3).map((text) => tokenizer.encode(text).slice(0, LONGEST));
      const source = await openModelSource(nodeFileSystem, { model: path, adapter: adapterFolder });
      const model = await llama!.loadModel({ modelPath: file });
      const [plain, own, other] = [
        await ownLogits({ ...source, adapterFolder: undefined }, texts),
        await ownLogits(source, texts),
        await llamaLogits(model, texts, base.shape.vocabulary, adapter),
      ];
      await model.dispose();
      own.forEach((logits, index) => {
        expect(compare(logits, other[index]!).divergence).toBeLessThan(1e-5);
        // The adapter says something: without it the model answers otherwise.
        expect(compare(plain[index]!, other[index]!).divergence).toBeGreaterThan(1e-3);
      });
    },
    30_000,
  );
});
