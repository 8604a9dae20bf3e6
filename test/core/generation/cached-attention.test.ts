import { afterAll, describe, expect, it } from 'vitest';
import type { Engine, Program } from '../../../src/core/engine/engine.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import { cachedAttention, cacheWidth } from '../../../src/core/engine/operations/cached-attention.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { Random } from '../../../src/core/training/random.js';
import { compare } from '../../golden/golden.js';

interface Setting {
  /** Positions of the rows' last new tokens. */
  last: number[];
  length: number;
  capacity: number;
  heads: number;
  kvHeads: number;
  width: number;
  slidingWindow?: number;
}

const SCALE = 0.7;

const settings: Record<string, Setting> = {
  'one token': { last: [9], length: 1, capacity: 16, heads: 4, kvHeads: 2, width: 8 },
  'the last place of the cache': { last: [15], length: 1, capacity: 16, heads: 4, kvHeads: 2, width: 8 },
  'rows at different positions': {
    last: [9, 0, 12],
    length: 1,
    capacity: 16,
    heads: 4,
    kvHeads: 1,
    width: 8,
  },
  'rows at different positions, a window': {
    last: [9, 0, 12],
    length: 1,
    capacity: 16,
    heads: 4,
    kvHeads: 2,
    width: 8,
    slidingWindow: 4,
  },
  'a window of one': { last: [9], length: 1, capacity: 16, heads: 2, kvHeads: 2, width: 8, slidingWindow: 1 },
  'a window as long as the text': {
    last: [9],
    length: 1,
    capacity: 16,
    heads: 2,
    kvHeads: 2,
    width: 8,
    slidingWindow: 10,
  },
  'several rows from the start': { last: [5, 5], length: 6, capacity: 8, heads: 4, kvHeads: 2, width: 8 },
  'several rows from the start, a window': {
    last: [5, 5],
    length: 6,
    capacity: 8,
    heads: 4,
    kvHeads: 2,
    width: 8,
    slidingWindow: 3,
  },
  'several tokens after others': { last: [10], length: 4, capacity: 16, heads: 4, kvHeads: 2, width: 8 },
  'several tokens after others, a window': {
    last: [10],
    length: 4,
    capacity: 16,
    heads: 4,
    kvHeads: 2,
    width: 8,
    slidingWindow: 3,
  },
  'heads of odd width': { last: [10], length: 4, capacity: 16, heads: 3, kvHeads: 1, width: 5 },
};

function randomArray(random: Random, size: number): Float32Array {
  return Float32Array.from({ length: size }, () => random.normal());
}

/** Softmax attention from its definition, in double precision, one number at a time. */
function expectedAttention(
  { last, length, capacity, heads, kvHeads, width, slidingWindow = Infinity }: Setting,
  [query, key, value, pastKey, pastValue]: Float32Array[],
): { attended: number[]; key: Float32Array; value: Float32Array } {
  const cached = cacheWidth(width);
  const [presentKey, presentValue] = [pastKey!.slice(), pastValue!.slice()];
  const place = (row: number, head: number, position: number): number =>
    ((row * kvHeads + head) * capacity + position) * cached;
  const token = (row: number, index: number, head: number, count: number): number =>
    ((row * length + index) * count + head) * width;
  last.forEach((end, row) => {
    for (let index = 0; index < length; index++) {
      for (let head = 0; head < kvHeads; head++) {
        const [from, to] = [token(row, index, head, kvHeads), place(row, head, end - length + 1 + index)];
        for (const [present, fresh] of [
          [presentKey, key],
          [presentValue, value],
        ] as const) {
          present!.fill(0, to, to + cached).set(fresh!.subarray(from, from + width), to);
        }
      }
    }
  });
  const attended = new Array<number>(query!.length).fill(0);
  last.forEach((end, row) => {
    for (let index = 0; index < length; index++) {
      const position = end - length + 1 + index;
      for (let head = 0; head < heads; head++) {
        const kvHead = Math.floor(head / (heads / kvHeads));
        const from = token(row, index, head, heads);
        const first = Math.max(0, position - slidingWindow + 1);
        const weights: number[] = [];
        for (let other = first; other <= position; other++) {
          let score = 0;
          for (let i = 0; i < width; i++)
            score += query![from + i]! * presentKey![place(row, kvHead, other) + i]!;
          weights.push(Math.exp(score * SCALE));
        }
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        weights.forEach((weight, step) => {
          for (let i = 0; i < width; i++)
            attended[from + i]! += (weight / total) * presentValue![place(row, kvHead, first + step) + i]!;
        });
      }
    }
  });
  return { attended, key: presentKey!, value: presentValue! };
}

/** Past keys and values: zeros where the cache is wider than a head, and after the text nothing that matters. */
function pastOf({ last, capacity, kvHeads, width }: Setting, random: Random): Float32Array {
  const cached = cacheWidth(width);
  return randomArray(random, last.length * kvHeads * capacity * cached).map((value, index) =>
    index % cached < width ? value : 0,
  );
}

const engines: Record<string, () => Promise<Engine>> = {
  onnxruntime: async () => new OnnxRuntimeEngine({ provider: 'cpu', threads: 2 }),
  reference: createReferenceEngine,
};

describe.each(Object.entries(engines))(
  'cachedAttention on the %s engine is attention by its definition',
  (_engine, create) => {
    let engine: Engine | undefined;
    afterAll(() => engine?.dispose());

    it.each(Object.entries(settings))('%s', async (_name, setting) => {
      engine ??= await create();
      const { last, length, capacity, heads, kvHeads, width, slidingWindow } = setting;
      const batch = last.length;
      const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
      const program: Program = {
        name: 'cached attention',
        inputs: {
          query: float(batch, length, heads * width),
          key: float(batch, length, kvHeads * width),
          value: float(batch, length, kvHeads * width),
          pastKey: float(batch, kvHeads, capacity, cacheWidth(width)),
          pastValue: float(batch, kvHeads, capacity, cacheWidth(width)),
          lastPositions: { shape: [batch], dtype: 'int32' },
          totalLength: { shape: [], dtype: 'int32' },
        },
        resident: ['presentKey', 'presentValue'],
        body: ({ query, key, value, pastKey, pastValue, lastPositions, totalLength }) => ({
          ...cachedAttention(
            {
              query: query!,
              key: key!,
              value: value!,
              pastKey: pastKey!,
              pastValue: pastValue!,
              lastPositions: lastPositions!,
              totalLength: totalLength!,
            },
            { heads, kvHeads, scale: SCALE, slidingWindow },
          ),
        }),
      };
      const random = new Random(7);
      const [query, key, value] = [heads, kvHeads, kvHeads].map((count) =>
        randomArray(random, batch * length * count * width),
      );
      const [pastKey, pastValue] = [pastOf(setting, random), pastOf(setting, random)];
      const expected = expectedAttention(setting, [query!, key!, value!, pastKey, pastValue]);

      const keys = await engine.cell(program.inputs['pastKey']!, pastKey);
      const values = await engine.cell(program.inputs['pastValue']!, pastValue);
      const executable = await engine.compile(program);
      const { attended } = await executable.run(
        {
          query: query!,
          key: key!,
          value: value!,
          pastKey: keys,
          pastValue: values,
          lastPositions: Int32Array.from(last),
          totalLength: Int32Array.of(Math.max(...last) + 1),
        },
        { presentKey: keys, presentValue: values },
      );
      expect(compare(attended!, expected.attended).difference).toBeLessThan(2e-6);
      expect(await keys.read()).toEqual(expected.key);
      expect(await values.read()).toEqual(expected.value);
      await executable.dispose();
    });
  },
);
