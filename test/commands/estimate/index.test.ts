import { describe, expect, it } from 'vitest';
import { ESTIMATE_TOPICS } from '../../../src/cli/estimate-topics.js';
import Estimate from '../../../src/commands/estimate/index.js';
import { fakePorts, fakePrompts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';

describe('genai estimate', () => {
  it('says what is missing where nobody can be asked', async () => {
    const { error, stdout } = await runCommand(Estimate, []);
    expect(error).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('genai estimate memory') });
    expect(stdout).toBe('');
  });

  it('asks nothing for --json, not even in a terminal', async () => {
    const ports = fakePorts({ columns: 80, answers: [] });
    const { error } = await runCommand(Estimate, ['--json'], ports);
    expect(error).toMatchObject({ code: 'USAGE' });
  });

  it('turns answers into the arguments of a command', async () => {
    const answer = async (topic: string, ...answers: unknown[]): Promise<string[]> =>
      ESTIMATE_TOPICS.find((entry) => entry.topic === topic)!.ask(fakePrompts(answers));
    expect(await answer('memory', ' llama-3.1-8b ', 'qlora', '')).toEqual([
      'llama-3.1-8b',
      '--method',
      'qlora',
    ]);
    expect(await answer('time', '7B', '1T', 'H100', '64')).toEqual([
      ...['7B', '--tokens', '1T', '--gpu', 'H100', '--gpus', '64'],
    ]);
    await expect(answer('compute', '7B', 'many')).rejects.toThrow(/300B/);
    await expect(answer('compute', '')).rejects.toThrow(/needed/);
  });
});
