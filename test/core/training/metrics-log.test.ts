import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MetricsLog, type MetricsLine } from '../../../src/core/training/metrics-log.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-metrics-'));
  path = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (step: number, loss: number): MetricsLine => ({
  ...{ step, loss, learning_rate: 0.1, grad_norm: 1 },
  ...{ tokens: step, tokens_per_second: 1, seconds: step },
});

describe('MetricsLog', () => {
  it('writes JSON lines, and only when flushed', async () => {
    const log = await MetricsLog.open(nodeFileSystem, path, 0);
    log.add(line(1, 2));
    log.add({ step: 1, eval_loss: 3, perplexity: 20 });
    expect(readFileSync(path, 'utf8')).toBe('');
    await log.flush();
    await log.flush();
    expect(readFileSync(path, 'utf8')).toBe(
      '{"step":1,"loss":2,"learning_rate":0.1,"grad_norm":1,"tokens":1,"tokens_per_second":1,"seconds":1}\n' +
        '{"step":1,"eval_loss":3,"perplexity":20}\n',
    );
    expect(log.lastEvaluatedStep).toBe(1);
  });

  it('asks for a flush once a second', async () => {
    const log = await MetricsLog.open(nodeFileSystem, path, 0);
    expect([5000, 5999, 6000, 6500, 7000].map((now) => log.shouldFlush(now))).toEqual([
      ...[true, false, true, false, true],
    ]);
  });

  it('drops what will be repeated, and what is no line', async () => {
    writeFileSync(path, [1, 2, 3].map((step) => `${JSON.stringify(line(step, step))}\n`).join(''));
    appendFileSync(path, 'null\n{"step":"1"}\n{"step":2,"eval_loss":1,"perp');
    const log = await MetricsLog.open(nodeFileSystem, path, 2);
    expect(log.lines).toEqual([line(1, 1), line(2, 2)]);
    expect(log.lastEvaluatedStep).toBeUndefined();
    log.add(line(3, 9));
    await log.flush();
    const steps = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(steps.map((text) => JSON.parse(text) as MetricsLine)).toEqual([
      line(1, 1),
      line(2, 2),
      line(3, 9),
    ]);
  });

  it('reports the mean loss of the last 20 steps', async () => {
    const log = await MetricsLog.open(nodeFileSystem, path, 0);
    for (let step = 1; step <= 30; step++) log.add(line(step, step));
    log.add({ step: 30, eval_loss: 1000, perplexity: 1 });
    // (11 + 30) / 2
    expect(log.recentTrainLoss()).toBe(20.5);
  });
});
