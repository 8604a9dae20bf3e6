import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import SelectTrainOrReuse from '../../../src/commands/select/train-or-reuse.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { runCommand } from '../../cli/run-command.js';

const run = async (...argv: string[]) => runCommand(SelectTrainOrReuse, argv);
const BLOOMBERG = ['50B', '--task', 'chat', '--gpu', 'A100 80GB', '--gpus', '512', '--price', '1.5'];

describe('genai select train-or-reuse', () => {
  it('lays the ways side by side, and marks the first', async () => {
    const { stdout } = await run(...BLOOMBERG);
    expect(stdout).toMatch(/^50B, 50B parameters, on 512 × A100 SXM 80GB at 40 % of their peak, at \$1\.50/);
    expect(stdout).toContain('→ prompt it');
    expect(stdout).toMatch(/train your own from scratch +9\d\d\.\dB/);
    expect(stdout).toContain('651,264 hours of A100 40GB');
  });

  it('gives the same as JSON and CSV, and every formula with --explain', async () => {
    const { ways } = JSON.parse((await run(...BLOOMBERG, '--json')).stdout) as {
      ways: { way: string; cost_usd: { value: number } | null }[];
    };
    const rows: Record<string, string>[] = parse((await run(...BLOOMBERG, '--csv')).stdout, {
      columns: true,
    });
    expect(rows.map(({ way, cost_usd: cost }) => [way, cost === '' ? null : Number(cost)])).toEqual(
      ways.map(({ way, cost_usd: cost }) => [way, cost?.value ?? null]),
    );
    const { stdout } = await run(...BLOOMBERG, '--explain');
    expect(stdout).toContain('= gpu hours · usd per gpu hour');
  });

  it.each([
    ['7B', '--task', 'chat', '--price', '-1'],
    ['7B', '--task', 'chat', '--budget', '0'],
    ['7B', '--task', 'chat', '--gpus', '0'],
    ['7B', '--task', 'chat', '--utilisation', '2'],
    ['7B', '--task', 'chat', '--examples', '-1'],
    ['7B', '--task', 'chat', '--price', 'much'],
    [],
  ])('refuses %s %s %s %s %s', async (...argv) => {
    expect((await run(...argv)).error).toMatchObject({ code: 'USAGE' });
  });

  it.each(exampleCommandLines(SelectTrainOrReuse, 'select train-or-reuse'))(
    'runs its example: %s %s %s %s',
    async (...line) => {
      const { error, stdout } = await run(...line.slice(3));
      expect(error).toBeUndefined();
      expect(stdout).toContain('For comparison: BloombergGPT');
    },
  );
});
