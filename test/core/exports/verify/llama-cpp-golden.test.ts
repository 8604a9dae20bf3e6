import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportRunner } from '../../../../src/core/exports/verify/export-runner.js';
import { openExport } from '../../../../src/core/exports/verify/open-export.js';
import { openToolkitRunner } from '../../../../src/core/exports/verify/toolkit-runner.js';
import { openModelSource } from '../../../../src/core/generation/load-language-model.js';
import { exportModelFiles } from '../../../../src/lifecycle/deploy/export.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';
import { openLlamaCpp } from '../../../../src/platform/llama-cpp.js';
import { GOLDEN, readJson } from '../../../golden/golden.js';
import { cpuEngine } from '../../generation/models.js';

// test/golden/make-llama-cpp.mjs: what llama.cpp itself makes of the starter model, exported in float16.
const golden = readJson<{
  tokens: { bos: number; eos: number; shouldPrependBosToken: boolean; ends: number[] };
  cases: { text: string; ids: number[]; likeliest: [number, number][]; greedy: number[] }[];
}>(GOLDEN, 'llama-cpp.json');

/** Of a logit of about ten: llama.cpp rounds what it multiplies float16 weights with to float16. */
const TOLERANCE = 0.02;

const STARTER_MODEL = fileURLToPath(new URL('../../../../templates/starter-model', import.meta.url));
const ports = {
  files: nodeFileSystem,
  createEngine: () => Promise.resolve(cpuEngine()),
  openLlamaCpp: () => Promise.resolve(undefined),
  threads: 1,
  onProgress: () => undefined,
  now: () => 0,
};

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-llama-'));
  const options = { model: STARTER_MODEL, target: 'gguf', precision: 'F16', verify: false };
  await exportModelFiles({ ...options, out: join(folder, 'out') }, ports);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function agrees(runner: ExportRunner): Promise<void> {
  expect(runner.begin?.id).toBe(golden.tokens.bos);
  expect(runner.end?.id).toBe(golden.tokens.eos);
  expect(runner.tokenize('a', true)).toHaveLength(golden.tokens.shouldPrependBosToken ? 2 : 1);
  expect(Array.from({ length: runner.vocabulary }, (_, id) => id).filter((id) => runner.isEnd(id))).toEqual(
    golden.tokens.ends,
  );
  for (const { text, ids, likeliest, greedy } of golden.cases) {
    expect(runner.tokenize(text, false)).toEqual(ids);
    const logits = (await runner.logits(ids)).at(-1)!;
    for (const [id, value] of likeliest) expect(Math.abs(logits[id]! - value)).toBeLessThan(TOLERANCE);
    expect(await runner.greedy(ids, greedy.length)).toEqual(greedy);
  }
  await runner.dispose();
}

describe('what llama.cpp makes of the starter model', () => {
  it('is what the trained model makes of it', async () => {
    const source = await openModelSource(nodeFileSystem, { model: STARTER_MODEL });
    const engine = cpuEngine();
    await agrees(await openToolkitRunner(source, 'the original', { ...ports, engine }));
    await engine.dispose();
  });

  it('is what this toolkit makes of the exported file', async () => {
    const engine = cpuEngine();
    const place = { target: 'gguf', path: join(folder, 'out', 'starter-model-F16.gguf') } as const;
    const { runner, notes } = await openExport(place, 256, { ...ports, engine, llama: undefined });
    expect(notes.join()).toContain('npm install node-llama-cpp');
    await agrees(runner);
    await engine.dispose();
  });

  const llama = openLlamaCpp();
  it('is what the exported file gives in llama.cpp here (needs node-llama-cpp)', async (context) => {
    const found = await llama;
    if (found === undefined) return context.skip('node-llama-cpp is not installed');
    const engine = cpuEngine();
    const place = { target: 'gguf', path: join(folder, 'out', 'starter-model-F16.gguf') } as const;
    const { runner, stored } = await openExport(place, 256, { ...ports, engine, llama: found });
    await stored!.dispose();
    await agrees(runner);
    await engine.dispose();
  });
});
