import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import DeployApp from '../../../src/commands/deploy/app.js';
import type { DeployAppResult } from '../../../src/lifecycle/deploy/app.js';
import { runCommand } from '../../cli/run-command.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-deploy-app-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('genai deploy app', () => {
  it('lists the applications that there are', async () => {
    const { stdout, result } = await runCommand(DeployApp, ['--list']);
    const { templates } = result as { templates: { name: string }[] };
    expect(templates.map(({ name }) => name)).toEqual([
      'chat-web',
      'document-qa',
      'summarize-cli',
      'tool-agent',
    ]);
    expect(stdout).toMatch(/^document-qa +Answers from a folder of documents, with citations\.$/m);
  });

  it('makes one, names its files and what to run next, and records it in the project', async () => {
    const project = join(folder, 'project');
    mkdirSync(join(project, 'stages'), { recursive: true });
    writeFileSync(join(project, 'scope.yaml'), 'version: 1\nname: p\ntask: chat\n');
    const out = join(project, 'agent');
    const { stdout, result } = await runCommand(DeployApp, ['--template', 'tool-agent', '--out', out]);
    const { files, commands } = result as DeployAppResult;
    for (const file of files) expect(existsSync(join(out, file)), file).toBe(true);
    for (const text of [...files, ...commands]) expect(stdout).toContain(text);
    expect(stdout).toContain('at http://127.0.0.1:8080/v1: genai deploy serve MODEL');
    expect(parse(readFileSync(join(project, 'stages/deploy-app-agent.yaml'), 'utf8'))).toMatchObject({
      stage: 'deploy',
      command: 'genai deploy app --template tool-agent --base-url http://127.0.0.1:8080/v1 --out agent',
      outputs: ['agent'],
      results: { kind: 'application', template: 'tool-agent' },
    });
    const again = await runCommand(DeployApp, ['--template', 'tool-agent', '--out', out]);
    expect(again.error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('is not empty') as string,
    });
  });

  it('says which applications there are when none is named', async () => {
    const { error } = await runCommand(DeployApp, []);
    expect(error).toMatchObject({
      code: 'USAGE',
      hint: 'Give one of: chat-web, document-qa, summarize-cli, tool-agent.',
    });
  });
});
