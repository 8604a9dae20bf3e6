import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model } from '../../src/core/architectures/architecture.js';
import { openModelFolder } from '../../src/core/checkpoints/model-folder.js';
import { openSafetensors } from '../../src/core/checkpoints/safetensors.js';
import type { StateDict } from '../../src/core/checkpoints/checkpoint.js';
import type { Batch } from '../../src/core/training/batch.js';
import { nodeFileSystem } from '../../src/platform/file-system.js';

/** This folder. */
export const GOLDEN = fileURLToPath(new URL('.', import.meta.url));

/** Folders of architecture cases: the committed ones, and those of `GENAI_GOLDEN` if it is set. */
export function architectureCases(): string[] {
  const roots = [join(GOLDEN, 'architectures'), ...(process.env['GENAI_GOLDEN'] ? [process.env['GENAI_GOLDEN']] : [])];
  return roots.flatMap((root) =>
    readdirSync(root)
      .map((name) => join(root, name))
      .filter((folder) => existsSync(join(folder, 'case.json'))),
  );
}

/** Parses a JSON file. */
export function readJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as T;
}

/** Every tensor of a safetensors file. */
export async function readTensors(path: string): Promise<StateDict> {
  const file = await openSafetensors(nodeFileSystem, path);
  const state: StateDict = new Map();
  for (const name of file.tensors.keys()) state.set(name, await file.read(name));
  await file.close();
  return state;
}

/** The weights of a model folder under the model's own parameter names. */
export async function readWeights(folder: string, model: Model): Promise<StateDict> {
  const checkpoint = await openModelFolder(nodeFileSystem, folder);
  const state: StateDict = new Map();
  for (const name of checkpoint.tensors.keys()) {
    const parameter = model.parameterName(name);
    if (parameter !== undefined) state.set(parameter, await checkpoint.readTensor(name));
  }
  await checkpoint.close();
  return state;
}

/** One unpadded batch from ids and unshifted labels, where -100 is not supervised; weights sum to 1. */
export function batchOf(inputIds: number[][], labels: number[][]): Batch {
  const [batchSize, length] = [inputIds.length, inputIds[0]!.length];
  const shifted = labels.map((row) => [...row.slice(1), -100]);
  const supervisedCount = shifted.flat().filter((label) => label !== -100).length;
  return {
    batchSize,
    length,
    tokens: Int32Array.from(inputIds.flat()),
    targets: Int32Array.from(shifted.flat(), (label) => Math.max(0, label)),
    weights: Float32Array.from(shifted.flat(), (label) => (label === -100 ? 0 : 1 / supervisedCount)),
    positions: Int32Array.from({ length: batchSize * length }, (_, index) => index % length),
    segments: new Int32Array(batchSize * length).fill(1),
    tokenCount: batchSize * length,
    supervisedCount,
  };
}

/** Largest absolute difference, and the largest absolute value expected. */
export function compare(actual: ArrayLike<number>, expected: ArrayLike<number>): { difference: number; largest: number } {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values for ${expected.length} expected`);
  let [difference, largest] = [0, 0];
  for (let index = 0; index < expected.length; index++) {
    const distance = Math.abs(actual[index]! - expected[index]!);
    if (!(distance <= difference)) difference = distance;
    largest = Math.max(largest, Math.abs(expected[index]!));
  }
  return { difference, largest };
}
