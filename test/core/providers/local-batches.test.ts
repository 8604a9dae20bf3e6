import { describe, expect, it } from 'vitest';
import { BatchQueue } from '../../../src/core/providers/batch-queue.js';
import { chooseBatch, type LocalPrompt } from '../../../src/core/providers/local-batches.js';

const prompt = (length: number, settings: Partial<LocalPrompt['settings']> = {}): LocalPrompt => ({
  tokenIds: new Array<number>(length).fill(1),
  settings: { maxNewTokens: 4, ...settings },
});

describe('chooseBatch', () => {
  // Sizes by hand: powers of two, at most 8 rows and 4096 positions.
  it.each([
    ['one', [prompt(3)], 1],
    ['three of one padded length', [prompt(3), prompt(16), prompt(9)], 2],
    ['nine', Array.from({ length: 9 }, () => prompt(3)), 8],
    ['long ones', Array.from({ length: 8 }, () => prompt(1000)), 4],
    ['very long ones', Array.from({ length: 8 }, () => prompt(9000)), 1],
    ['drawn ones', [prompt(3, { temperature: 1 }), prompt(3, { temperature: 1 })], 1],
  ])('takes of %s as many as suit each other', (_what, waiting, size) => {
    expect(chooseBatch(waiting)).toEqual(waiting.slice(0, size));
  });

  it('passes over those of another length or with other settings', () => {
    const waiting = [prompt(17), prompt(3), prompt(30, { stop: ['x'] }), prompt(32, { seed: 3 }), prompt(17)];
    expect(chooseBatch(waiting)).toEqual([waiting[0], waiting[3]]);
  });
});

describe('BatchQueue', () => {
  it('computes together what is asked for together, and one batch at a time', async () => {
    const batches: number[][] = [];
    let running = 0;
    const queue = new BatchQueue<number, number>(
      (waiting) => waiting.slice(0, 3),
      async (batch) => {
        expect(++running).toBe(1);
        batches.push([...batch]);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return batch.map((item) => item * 10);
      },
    );
    expect(await Promise.all([1, 2, 3, 4, 5].map((item) => queue.add(item)))).toEqual([10, 20, 30, 40, 50]);
    expect(await queue.add(6)).toBe(60);
    expect(batches).toEqual([[1, 2, 3], [4, 5], [6]]);
  });

  it('leaves out what is given up, and ends a batch that nobody wants', async () => {
    const ended: unknown[] = [];
    const queue = new BatchQueue<number, number>(
      (waiting) => waiting.slice(0, 2),
      (batch, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended.push(batch);
            reject(new Error('ended'));
          });
        }),
    );
    const stops = [1, 2, 3].map(() => new AbortController());
    const asked = stops.map(({ signal }, index) => queue.add(index, signal));
    const outcomes = Promise.allSettled(asked);
    await new Promise((resolve) => setTimeout(resolve, 30));
    stops[2]!.abort('third');
    stops[0]!.abort('first');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ended).toEqual([]);
    stops[1]!.abort('second');
    expect((await outcomes).map((outcome) => 'reason' in outcome && (outcome.reason as unknown))).toEqual([
      'first',
      'second',
      'third',
    ]);
    expect(ended).toEqual([[0, 1]]);
  });

  it('passes a failure on to all of its batch, and goes on', async () => {
    let calls = 0;
    const queue = new BatchQueue<number, number>(
      (waiting) => waiting,
      async (batch) => {
        if (++calls === 1) throw new Error('broken');
        return [...batch];
      },
    );
    const outcomes = await Promise.allSettled([queue.add(1), queue.add(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await queue.add(3)).toBe(3);
  });
});
