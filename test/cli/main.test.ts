import { describe, expect, it } from 'vitest';
import { runProgram } from './run-program.js';

describe('the program', () => {
  it('shows help without arguments, on --help, -h and `help`', async () => {
    const [bare, long, short, word] = await Promise.all(
      [[], ['--help'], ['-h'], ['help']].map((argv) => runProgram(argv)),
    );
    expect(bare?.status).toBe(0);
    expect(bare?.stdout).toMatch(/^USAGE\n {2}\$ genai \[COMMAND\]/m);
    for (const run of [long, short, word]) expect(run).toEqual(bare);
  });

  it('answers an unknown command with the near ones and status 2', async () => {
    const [typo, verb, help, far] = await Promise.all(
      [
        ['estimte', 'memory'],
        ['estimate', 'memori', '7B'],
        ['help', 'estimate', 'memry'],
        ['frobnicate', '--json'],
      ].map((argv) => runProgram(argv)),
    );
    for (const run of [typo, verb, help]) {
      expect(run?.status).toBe(2);
      expect(run?.stdout).toBe('');
      expect(run?.stderr).toContain('Did you mean `genai estimate memory`?');
    }
    expect(verb?.stderr).toMatch(/^Error: There is no command `genai estimate memori`\n/);
    expect(JSON.parse(far?.stdout ?? '')).toEqual({
      error: {
        code: 'USAGE',
        message: 'There is no command `genai frobnicate`',
        hint: '`genai --help` lists the commands.',
      },
    });
  });
});
