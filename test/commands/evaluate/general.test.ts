import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Evaluate from '../../../src/commands/evaluate/index.js';
import type { BeforeAfterResult } from '../../../src/lifecycle/evaluate/before-after.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { sentimentRows, STARTER_MODEL, writeRows } from '../../lifecycle/adapt/tiny-run.js';

let folder: string;
let rows: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-general-'));
  rows = writeRows(join(folder, 'rows.jsonl'), sentimentRows(8));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('genai evaluate', () => {
  it('measures general abilities before and after by the set that ships, in its categories', async () => {
    const { result, error } = await runCommand(Evaluate, [
      ...['--base', STARTER_MODEL, '--tuned', STARTER_MODEL, '--dataset', rows, '--metric', 'accuracy'],
      ...['--general', '--limit', '8', '--out', join(folder, 'out'), '--quiet'],
    ]);
    expect(error).toBeUndefined();
    const { general } = result as BeforeAfterResult;
    expect(general!.tuned).toMatchObject({ task: 'general', dataset: { rows: 8 } });
    // The first rows are of all categories.
    expect(new Set(general!.tuned.slices.map(({ value }) => value))).toEqual(
      new Set(['grammar', 'completion', 'facts', 'arithmetic']),
    );
    expect(general!.comparison.metrics[0]!.difference).toBeCloseTo(0, 12);
  });

  it('says how to go on when it is stopped', async () => {
    const ports = fakePorts();
    const running = runCommand(
      Evaluate,
      [STARTER_MODEL, '--dataset', rows, '--metric', 'accuracy', '--out', join(folder, 'stopped')],
      ports,
    );
    const until = Date.now() + 5000;
    while (!ports.stoppable && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 1));
    ports.stop('interrupt');
    expect((await running).error).toMatchObject({
      ...{ code: 'INTERRUPTED', message: 'Stopped by Ctrl-C' },
      hint: 'Run the same command again to go on: rows that were answered are kept.',
    });
  });
});
