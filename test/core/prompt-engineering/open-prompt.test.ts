import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { openPrompt } from '../../../src/core/prompt-engineering/open-prompt.js';
import { nodeFileSystem, type FileSystem } from '../../../src/platform/file-system.js';

const promptFolder = fileURLToPath(new URL('../../../templates/prompts', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'prompts-'));
afterAll(() => rmSync(project, { recursive: true }));

/** The file system as one sees it who works in the project's folder. */
const there = (path: string): string => (path.startsWith('/') ? path : join(project, path));
const files: FileSystem = Object.assign(Object.create(nodeFileSystem) as FileSystem, {
  stat: (path: string) => nodeFileSystem.stat(there(path)),
  readText: (path: string) => nodeFileSystem.readText(there(path)),
});
const open = (name: string): ReturnType<typeof openPrompt> => openPrompt(name, { files, promptFolder });

it('is a file, one of the project, or one that ships, in this order', async () => {
  expect((await open('classification-plain')).where).toBe('classification-plain');
  const own = [
    '---',
    ...['name: own', 'description: Own.', 'task: text-classification', 'kind: plain'],
    ...['variables: { text: A text., label: Its label. }', 'answer: label', 'labels: [a, b]'],
    '---\n',
  ].join('\n');
  mkdirSync(join(project, 'prompts'));
  const mine = join('prompts', 'classification-plain.md');
  writeFileSync(join(project, mine), `${own}Mine: {{text}}`);
  expect(await open('classification-plain')).toMatchObject({ where: mine, body: 'Mine: {{text}}' });
  writeFileSync(join(project, 'classification-plain'), `${own}A file: {{text}}`);
  expect((await open('classification-plain')).body).toBe('A file: {{text}}');
});

it('tells which name may be meant, and that a text is none', async () => {
  await expect(open('clasification-plain')).rejects.toMatchObject({
    code: 'NOT_FOUND',
    hint: expect.stringContaining('Did you mean classification-plain') as string,
  });
  await expect(open('Review: {{text}}')).rejects.toMatchObject({
    message: '--prompt Review: {{text}}: no such file, and no prompt of that name',
  });
});
