import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MANIFEST_FILE } from '../../../src/core/exports/manifest.js';
import { EXPORT_TARGETS } from '../../../src/core/exports/targets/index.js';
import { exportModelFiles, exportStep, type ExportModelPorts } from '../../../src/lifecycle/deploy/export.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { openLlamaCpp } from '../../../src/platform/llama-cpp.js';
import { GOLDEN } from '../../golden/golden.js';
import { cpuEngine } from '../../core/generation/models.js';
import { writeRandomModel } from '../../core/exports/written-model.js';
import { writeTinyAdapter, writeTinyModel } from '../../core/generation/tiny-model.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-export-'));
  model = join(folder, 'random');
  await writeRandomModel(model);
});
afterAll(() => rmSync(folder, { recursive: true }));

const ports: ExportModelPorts = {
  files: nodeFileSystem,
  createEngine: () => Promise.resolve(cpuEngine()),
  openLlamaCpp,
  threads: 1,
  onProgress: () => undefined,
  now: () => Date.UTC(2026, 0, 2),
};
const files = readdirSync(new URL('../../../src/core/exports/targets', import.meta.url));

/** Two precisions of each target: the exact one, and the one that most people take. */
const PRECISIONS: Readonly<Record<string, readonly [string, string]>> = {
  safetensors: ['F32', 'bf16'],
  onnx: ['fp32', 'int8'],
  gguf: ['F32', 'q4_k_m'],
  ollama: ['F16', 'Q8_0'],
};

describe('every target', () => {
  it('is a file of its name', () => {
    const names = files.map((file) => file.replace(/\.ts$/, '')).filter((name) => name !== 'index');
    expect([...EXPORT_TARGETS.keys()].sort()).toEqual(names.sort());
    for (const [id, target] of EXPORT_TARGETS) expect(target.id).toBe(id);
    expect(Object.keys(PRECISIONS).sort()).toEqual(names);
  });

  it.each(
    Object.entries(PRECISIONS).flatMap(([id, two]) => two.map((precision) => [id, precision] as const)),
  )(
    '%s in %s is the model that was exported',
    async (target, precision) => {
      const out = join(folder, `${target}-${precision}`);
      const options = { model, target, precision, out };
      const result = await exportModelFiles(options, ports);
      const failed = result.verification!.rows.filter(({ verdict }) => verdict === 'fail');
      expect(failed).toEqual([]);
      expect(result.verification!.verdict).toBe('pass');
      expect(result.precision.toLowerCase()).toBe(precision.toLowerCase());
      // The manifest lists all that is there, by its digest.
      const present = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      expect(result.files).toHaveLength(present.length - 1);
      for (const { path, bytes, sha256 } of result.files) {
        const content = readFileSync(join(out, path));
        expect(bytes).toBe(content.length);
        expect(sha256).toBe(createHash('sha256').update(content).digest('hex'));
      }
      expect(JSON.parse(readFileSync(join(out, MANIFEST_FILE), 'utf8'))).toMatchObject({
        ...{ format_version: 1, target, model, adapter: null, architecture: 'llama' },
        created: '2026-01-02T00:00:00.000Z',
      });
      const step = exportStep(folder, options, result);
      expect(step).toMatchObject({ stage: 'deploy', results: { verified: 'pass' } });
      const other = { ...options, name: 'x', prompts: join(folder, 'p.txt'), split: 'test', verify: false };
      expect(exportStep(folder, other, result).command).toBe(
        step.command.replace(' --out', ' --name x --prompts p.txt --no-verify --out'),
      );
    },
    60_000,
  );
});

describe('exportModelFiles', () => {
  // Models of test/golden/make-gguf-models.py, whose contexts are no longer than the texts that are compared.
  it.each(['gpt2', 'llama-tied'])(
    'verifies a %s up to the end of its context',
    async (name) => {
      const golden = join(GOLDEN, 'gguf-models', name);
      const options = { model: golden, target: 'ollama', precision: 'F32', out: join(folder, name) };
      const { verification } = await exportModelFiles(options, ports);
      expect(verification!.rows.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    },
    60_000,
  );

  it('tells where llama.cpp computes otherwise: it has no sliding window for Mistral', async () => {
    const golden = join(GOLDEN, 'gguf-models', 'mistral');
    const options = { model: golden, target: 'gguf', precision: 'F32', out: join(folder, 'mistral') };
    const { verification, notes } = await exportModelFiles(options, ports);
    expect(notes.join()).toContain('sliding window');
    // The toolkit's own reader has none either: the file does not say that there was one.
    const failed = verification!.rows.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);
    expect(failed).toContain('KL divergence, mean');
    expect(failed).not.toContain('tokens of texts');
  }, 60_000);

  it('adds an adapter in, and verifies it against base and adapter apart', async () => {
    const [base, adapter] = [join(folder, 'tiny'), join(folder, 'tiny-adapter')];
    await writeTinyModel(base);
    await writeTinyAdapter(adapter, base);
    const options = { target: 'gguf', precision: 'F32' };
    const result = await exportModelFiles({ ...options, model: adapter, out: join(folder, 'merged') }, ports);
    expect(result.verification!.verdict).toBe('pass');
    expect(result).toMatchObject({ model: base, adapter, name: 'tiny-adapter' });
    const alone = await exportModelFiles(
      { ...options, model: adapter, adapterOnly: true, out: join(folder, 'alone') },
      ports,
    );
    expect(alone).toMatchObject({ adapter_only: true, verification: null, entry: 'tiny-adapter-lora.gguf' });
    const rounded = { ...options, precision: 'Q8_0', adapterOnly: true, out: join(folder, 'rounded') };
    await expect(exportModelFiles({ ...rounded, model: adapter }, ports)).rejects.toMatchObject({
      message: '--precision Q8_0: an adapter alone is written as F32',
    });
  });

  it('replaces only what is an export and nothing else', async () => {
    const options = { model, target: 'safetensors', verify: false };
    const out = join(folder, 'again');
    await exportModelFiles({ ...options, out }, ports);
    await expect(exportModelFiles({ ...options, out }, ports)).rejects.toMatchObject({ code: 'USAGE' });
    await exportModelFiles({ ...options, out, force: true, precision: 'F16' }, ports);
    writeFileSync(join(out, 'mine.txt'), 'notes');
    await expect(exportModelFiles({ ...options, out, force: true }, ports)).rejects.toMatchObject({
      code: 'USAGE',
      message: `${out}: will not be replaced, because it holds something that this toolkit did not write`,
    });
    expect(readFileSync(join(out, 'mine.txt'), 'utf8')).toBe('notes');
    const foreign = join(folder, 'foreign');
    cpSync(model, foreign, { recursive: true });
    await expect(exportModelFiles({ ...options, out: foreign, force: true }, ports)).rejects.toMatchObject({
      code: 'USAGE',
    });
  });

  it('never replaces the folder that it reads, by whatever name', async () => {
    const out = join(folder, 'own');
    await exportModelFiles(
      { model, target: 'gguf', precision: 'F16', name: 'own', out, verify: false },
      ports,
    );
    const file = join(out, 'own-F16.gguf');
    const link = join(folder, 'link-to-own.gguf');
    symlinkSync(file, link);
    for (const from of [file, link]) {
      const again = exportModelFiles({ model: from, target: 'gguf', out, force: true, verify: false }, ports);
      await expect(again).rejects.toMatchObject({
        code: 'USAGE',
        message: `${out}: will not be replaced, because ${from} is read from there`,
      });
    }
    expect(existsSync(file)).toBe(true);
  });

  it.each(['safetensors', 'onnx', 'gguf', 'ollama'])(
    'leaves nothing of %s when it is interrupted',
    async (target) => {
      const place = join(folder, `interrupted-${target}`);
      const controller = new AbortController();
      const stopping: ExportModelPorts = {
        ...ports,
        onProgress: ({ done }) => {
          if (done > 0) controller.abort();
        },
        signal: controller.signal,
      };
      const writing = exportModelFiles({ model, target, out: join(place, 'out'), verify: false }, stopping);
      await expect(writing).rejects.toThrow();
      expect(readdirSync(place)).toEqual([]);
    },
  );

  it('asks for room on the disk first', async () => {
    const full = { ...nodeFileSystem, freeBytes: () => Promise.resolve(1000) };
    const out = join(folder, 'full');
    for (const target of EXPORT_TARGETS.keys()) {
      await expect(
        exportModelFiles({ model, target, out, verify: false }, { ...ports, files: full }),
      ).rejects.toMatchObject({ code: 'OUT_OF_RESOURCES' });
    }
  });

  it('lists what there is for names that are none', async () => {
    const precise = exportModelFiles({ model, target: 'gguf', precision: 'Q4_KM', verify: false }, ports);
    await expect(precise).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringMatching(/Did you mean .*Q4_K_M.*Choose one of Q4_K_M, F32/) as string,
    });
    const target = exportModelFiles({ model, target: 'ggml', verify: false }, ports);
    await expect(target).rejects.toMatchObject({ code: 'USAGE', hint: 'Did you mean gguf?' });
  });
});
