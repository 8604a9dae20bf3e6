import { execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DEVELOPMENT_PROGRAM, runProgram } from './run-program.js';

describe('the program', () => {
  it('shows help without arguments and on `help`', async () => {
    const [bare, topic] = await Promise.all([runProgram([]), runProgram(['help', 'estimate'])]);
    expect(bare).toMatchObject({ status: 0, stderr: '' });
    expect(bare.stdout).toMatch(/^USAGE\n {2}\$ genai \[COMMAND\]/m);
    expect(topic).toMatchObject({ status: 0, stderr: '' });
    expect(topic.stdout).toMatch(/^ {2}estimate memory {2,}Estimate the memory/m);
  });

  it('answers an unknown command with the near ones and status 2', async () => {
    const [typo, verb, help, far] = await Promise.all([
      runProgram(['estimte', 'memory']),
      runProgram(['estimate', 'memori', '7B']),
      runProgram(['help', 'estimate', 'memry']),
      runProgram(['frobnicate', '--json']),
    ]);
    for (const run of [typo, verb, help]) {
      expect(run).toMatchObject({ status: 2, stdout: '' });
      expect(run.stderr).toContain('Did you mean `genai estimate memory`');
    }
    expect(verb.stderr).toMatch(/^Error: There is no command `genai estimate memori`\n/);
    expect(JSON.parse(far.stdout)).toEqual({
      error: {
        code: 'USAGE',
        message: 'There is no command `genai frobnicate`',
        hint: '`genai --help` lists the commands.',
      },
    });
  });

  it('ends quietly when nobody reads its output', async () => {
    const child = spawn(process.execPath, [DEVELOPMENT_PROGRAM, 'estimate', 'memory', '7B']);
    child.stdout.destroy();
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, complaint }).toEqual({ status: 0, complaint: '' });
  });

  it('says how to build it when it is not built', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'genai-unbuilt-'));
    mkdirSync(join(folder, 'bin'));
    const copy = join(folder, 'bin', 'run.mjs');
    copyFileSync(fileURLToPath(new URL('../../bin/run.js', import.meta.url)), copy);
    const run = promisify(execFile)(process.execPath, [copy, '--help']);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Error: the toolkit is not built .*\n {2}→ Run `npm run build`\.\n$/),
    });
    rmSync(folder, { recursive: true });
  });
});
