import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseScope } from '../../../src/core/scope/scope.js';
import { scopeProject } from '../../../src/lifecycle/scope/scope.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

const ports = { fileSystem: nodeFileSystem };
const LEAST = { name: 'mail', task: 'text-classification' };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-scope-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('scopeProject', () => {
  it('plans without writing where no file is named', async () => {
    const { file, scope, plan } = await scopeProject({ values: LEAST }, ports);
    expect(file).toBeNull();
    expect(scope).toMatchObject({ ...LEAST, version: 1, labelled_examples: null });
    expect(plan.families).toEqual(['encoder', 'decoder']);
    expect(plan.next_commands[0]?.command).toBe('genai select recommend --scope scope.yaml');
  });

  it('writes a scope, and begins with it next time; null opens a field again', async () => {
    const out = join(folder, 'new', 'scope.yaml');
    const values = { ...LEAST, 'quality.metric': 'f1', 'quality.target': 0.9 };
    const first = await scopeProject({ values, out }, ports);
    expect(parseScope(readFileSync(out, 'utf8'), out)).toEqual(first.scope);
    const second = await scopeProject({ from: out, values: { 'quality.target': null } }, ports);
    expect(second.scope.quality).toEqual({ metric: 'f1', target: null });
  });

  it.each([
    [{ values: { name: 'mail' } }, 'task: is missing'],
    [{ values: { ...LEAST, 'quality.metrc': 'f1' } }, 'unknown key "metrc" in quality. Did you mean metric?'],
    [{ values: { ...LEAST, labelled_examples: '3' } }, 'labelled_examples: must be a number'],
    [{ values: { ...LEAST, 'hardware.gpu': 'H1000' } }, 'hardware.gpu: '],
    [{ values: LEAST, out: '' }, '--out: must name a file'],
  ])('refuses %j', async (options, message) => {
    await expect(scopeProject(options, ports)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message) as string,
    });
  });
});
