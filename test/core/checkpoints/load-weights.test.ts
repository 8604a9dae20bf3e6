import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModel } from '../../../src/core/architectures/index.js';
import type { StateDict } from '../../../src/core/checkpoints/checkpoint.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import { writeSafetensors } from '../../../src/core/checkpoints/safetensors.js';
import type { ProgressEvent } from '../../../src/core/progress/progress-event.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { GOLDEN, readJson, readTensors } from '../../golden/golden.js';

const goldenCase = (name: string): string => join(GOLDEN, 'architectures', name);
const modelOf = (folder: string) => readModel(readJson(folder, 'config.json'));

describe('loadWeights', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'genai-load-weights-'));
  });
  afterEach(() => {
    rmSync(copy, { recursive: true });
  });

  /** A copy of a golden model whose tensors were changed. */
  async function changed(name: string, change: (tensors: StateDict) => void): Promise<string> {
    cpSync(goldenCase(name), copy, { recursive: true });
    const path = join(copy, 'model.safetensors');
    const tensors = await readTensors(path);
    change(tensors);
    await writeSafetensors(nodeFileSystem, path, tensors, 'F32');
    return copy;
  }

  it('gives every parameter once, whatever the published files call it, and passes masks over', async () => {
    const folder = goldenCase('gpt2-published');
    const model = modelOf(folder);
    const stored = await readTensors(join(folder, 'model.safetensors'));
    const weights = await loadWeights(nodeFileSystem, folder, model);
    expect([...weights.keys()]).toEqual(model.parameters.map(({ name }) => name));
    expect(stored.has('h.0.attn.bias')).toBe(true);
    expect(weights.get('transformer.h.0.attn.c_attn.weight')).toEqual(stored.get('h.0.attn.c_attn.weight'));
  });

  it('counts the bytes of the file as it goes', async () => {
    const folder = goldenCase('llama');
    const events: ProgressEvent[] = [];
    await loadWeights(nodeFileSystem, folder, modelOf(folder), (event) => events.push(event));
    const stored = await readTensors(join(folder, 'model.safetensors'));
    const bytes = [...stored.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(events[0]).toEqual({ stage: 'load weights', done: 0, total: bytes, unit: 'bytes' });
    expect(events.at(-1)).toEqual({ stage: 'load weights', done: bytes, total: bytes, unit: 'bytes' });
    expect(events).toHaveLength(stored.size + 1);
  });

  it('lists all that is missing, of another shape or superfluous in one error', async () => {
    const folder = await changed('llama', (tensors) => {
      tensors.delete('model.norm.weight');
      tensors.delete('lm_head.weight');
      tensors.set('model.layers.0.self_attn.q_proj.bias', { shape: [1], data: Float32Array.of(0) });
      tensors.set('model.layers.1.input_layernorm.weight', { shape: [2, 1], data: Float32Array.of(1, 1) });
    });
    const loading = loadWeights(nodeFileSystem, folder, modelOf(folder));
    await expect(loading).rejects.toMatchObject({ code: 'BAD_CHECKPOINT' });
    const message = await loading.catch((error: unknown) => (error as Error).message);
    expect(message).toContain('"model.norm.weight" is missing');
    expect(message).toContain('"lm_head.weight" is missing');
    expect(message).toContain('"model.layers.0.self_attn.q_proj.bias" is no parameter');
    expect(message).toMatch(/"model.layers.1.input_layernorm.weight" has shape \[2, 1\], not \[\d+\]/);
  });

  it('takes a stored copy of a tied head and rotary frequencies for what they are', async () => {
    const folder = await changed('llama-gqa-tied', (tensors) => {
      tensors.set('lm_head.weight', tensors.get('model.embed_tokens.weight')!);
      tensors.set('model.layers.0.self_attn.rotary_emb.inv_freq', { shape: [1], data: Float32Array.of(1) });
    });
    const weights = await loadWeights(nodeFileSystem, folder, modelOf(folder));
    expect(weights.has('lm_head.weight')).toBe(false);
  });

  it('refuses a parameter that is stored under two names', async () => {
    const folder = await changed('gpt2', (tensors) => {
      tensors.set('wpe.weight', tensors.get('transformer.wpe.weight')!);
    });
    await expect(loadWeights(nodeFileSystem, folder, modelOf(folder))).rejects.toThrow(
      'are the same parameter',
    );
  });

  it('keeps the message short when the folder is of another architecture', async () => {
    const loading = loadWeights(nodeFileSystem, goldenCase('gpt2'), modelOf(goldenCase('llama')));
    const message = await loading.catch((error: unknown) => (error as Error).message);
    expect(message).toMatch(/^[^\n]*(\n {2}"[^\n]*){8}\n {2}… and \d+ more$/);
  });

  it('stops when it is told to', async () => {
    const folder = goldenCase('llama');
    const stop = new AbortController();
    const loading = loadWeights(
      nodeFileSystem,
      folder,
      modelOf(folder),
      () => {
        stop.abort();
      },
      stop.signal,
    );
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' });
  });
});
