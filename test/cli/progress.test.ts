import { beforeEach, describe, expect, it } from 'vitest';
import { ProgressRenderer } from '../../src/cli/progress.js';
import { displayWidth } from '../../src/cli/terminal-text.js';
import { CapturedOutput } from './fake-ports.js';

const ERASE = '\u001b[K';

describe('progress', () => {
  let time = 0;
  const now = (): number => time;
  beforeEach(() => {
    time = 0;
  });

  it('redraws one line on a terminal, with percentage, speed-based time left and figures', () => {
    const output = new CapturedOutput(true, 80);
    const progress = new ProgressRenderer(output, now);
    progress.update({ stage: 'fine-tune', done: 0, total: 200, unit: 'steps' });
    time = 10_000;
    progress.update({ stage: 'fine-tune', done: 50, total: 200, unit: 'steps', fields: { loss: 2.302585 } });
    // 50 steps in 10 s leave 150 steps, that is 30 s.
    expect(output.text).toBe(
      `\rfine-tune  0 %  0/200 steps${ERASE}\rfine-tune  25 %  50/200 steps  ETA 30.0 s  loss 2.303${ERASE}`,
    );
  });

  it('reckons the time left from this run alone when a run was resumed', () => {
    const output = new CapturedOutput(true, 80);
    const progress = new ProgressRenderer(output, now);
    progress.update({ stage: 'fine-tune', done: 100, total: 200, unit: 'steps' });
    time = 10_000;
    progress.update({ stage: 'fine-tune', done: 110, total: 200, unit: 'steps' });
    expect(output.text).toContain('ETA 1 min 30 s');
  });

  it('draws at most ten times a second, but always the end', () => {
    const output = new CapturedOutput(true, 80);
    const progress = new ProgressRenderer(output, now);
    for (let done = 0; done <= 100; done++) {
      time = done * 5;
      progress.update({ stage: 'load', done, total: 100, unit: 'files' });
    }
    expect(output.text.split('\r').length - 1).toBe(6);
    expect(output.text.endsWith(`load  100 %  100/100 files  in 500 ms${ERASE}\n`)).toBe(true);
  });

  it('keeps to the width, dropping the least important part first', () => {
    const output = new CapturedOutput(true, 20);
    const progress = new ProgressRenderer(output, now);
    progress.update({ stage: 'evaluate', done: 1, total: 3, unit: 'batches', fields: { loss: 1 } });
    expect(output.text).toBe(`\revaluate  33 %${ERASE}`);
    progress.update({ stage: 'a stage with a very long name', done: 1, unit: 'steps' });
    for (const line of output.text.replaceAll(ERASE, '').split(/[\r\n]/)) {
      expect(displayWidth(line)).toBeLessThan(20);
    }
  });

  it('writes plain lines to a log: start, end and every five seconds between', () => {
    const output = new CapturedOutput(false, Infinity);
    const progress = new ProgressRenderer(output, now);
    for (let done = 0; done <= 12; done++) {
      time = done * 1000;
      progress.update({ stage: 'read', done: done * 1e9, total: 12e9, unit: 'bytes' });
    }
    expect(output.text).toBe(
      [
        'read  0 %  0 B/12.00 GB',
        'read  41 %  5.00 GB/12.00 GB  ETA 7.0 s',
        'read  83 %  10.00 GB/12.00 GB  ETA 2.0 s',
        'read  100 %  12.00 GB/12.00 GB  in 12.0 s',
        '',
      ].join('\n'),
    );
  });

  it('makes room for other text', () => {
    const output = new CapturedOutput(true, 80);
    const progress = new ProgressRenderer(output, now);
    progress.update({ stage: 'work', done: 1, unit: 'rows' });
    progress.clear();
    output.write('a note\n');
    progress.update({ stage: 'work', done: 2, unit: 'rows' });
    expect(output.text).toBe(`\rwork  1 rows${ERASE}\r${ERASE}a note\n\rwork  2 rows${ERASE}`);
  });
});
