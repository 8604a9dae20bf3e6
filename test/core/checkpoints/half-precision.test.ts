import { describe, expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from '../../../src/core/checkpoints/half-precision.js';
import { goldenJson, sha256 } from './fixtures.js';

interface Golden {
  float16_widened_without_nan_sha256: string;
  float16_ties_float32_sha256: string;
  float16_ties_narrowed_sha256: string;
  bfloat16_ties_narrowed_sha256: string;
  special: { float32: number; float16: number; bfloat16: number; nan: boolean }[];
}

const golden: Golden = goldenJson('half-precision.json');
const patterns = Uint16Array.from({ length: 0x10000 }, (_, i) => i);

function fromBits(bits: ArrayLike<number>): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

describe('float16', () => {
  it('widens all 65,536 patterns as numpy does', () => {
    const wide = float16ToFloat32(patterns);
    expect(sha256(wide.filter((value) => !Number.isNaN(value)))).toBe(
      golden.float16_widened_without_nan_sha256,
    );
    expect(wide.filter((value) => Number.isNaN(value)).length).toBe(2 * 1023);
  });

  it('narrows every value, every tie and both neighbours of every tie as numpy does', () => {
    // Ties are midpoints of neighbours; 2^16 stands in for infinity above the largest.
    const finite = Float32Array.from([...float16ToFloat32(patterns.subarray(0, 0x7c00)), 65536]);
    const ties = finite.slice(0, -1).map((value, i) => (value + finite[i + 1]!) / 2);
    const tieBits = new Uint32Array(ties.buffer);
    const around = fromBits(
      Array.from(new Uint32Array(finite.buffer, 0, ties.length), (bits, i) => {
        const tie = tieBits[i]!;
        return [bits, tie - 1, tie, tie + 1];
      }).flat(),
    );
    expect(sha256(around)).toBe(golden.float16_ties_float32_sha256);
    expect(sha256(float32ToFloat16(around))).toBe(golden.float16_ties_narrowed_sha256);
    // The format is symmetric about zero.
    const negative = float32ToFloat16(around.map((value) => -value));
    expect(sha256(negative.map((half) => half ^ 0x8000))).toBe(golden.float16_ties_narrowed_sha256);
  });
});

describe('bfloat16', () => {
  it('widens every pattern to the float32 with the same upper half', () => {
    const bits = new Uint32Array(bfloat16ToFloat32(patterns).buffer);
    expect(bits.every((value, i) => value === i * 0x10000)).toBe(true);
  });

  it('narrows every pattern, tie and neighbour of a tie as torch does', () => {
    const lower = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff];
    const all = fromBits(Array.from(patterns, (upper) => lower.map((bits) => upper * 0x10000 + bits)).flat());
    const values = all.filter((value) => !Number.isNaN(value));
    expect(sha256(float32ToBfloat16(values))).toBe(golden.bfloat16_ties_narrowed_sha256);
  });
});

describe('special float32 values', () => {
  const source = fromBits(golden.special.map(({ float32 }) => float32));
  const float16 = float32ToFloat16(source);
  const bfloat16 = float32ToBfloat16(source);

  it.each(golden.special.map((row, i) => [row.float32.toString(16), i, row] as const))(
    '%s narrows as in torch',
    (_, i, row) => {
      if (row.nan) {
        expect(float16ToFloat32(float16)[i]).toBeNaN();
        expect(bfloat16ToFloat32(bfloat16)[i]).toBeNaN();
      } else {
        expect([float16[i], bfloat16[i]]).toEqual([row.float16, row.bfloat16]);
      }
    },
  );

  it('keeps sign and payload of a quiet NaN both ways', () => {
    // 0xffc02000: negative, quiet, payload bit 13, the lowest that float16 has room for.
    const nan = new Float32Array(1);
    new Uint32Array(nan.buffer)[0] = 0xffc02000;
    expect(float32ToFloat16(nan)[0]).toBe(0xfe01);
    expect(new Uint32Array(float16ToFloat32(Uint16Array.of(0xfe01)).buffer)[0]).toBe(0xffc02000);
    // A NaN whose payload lies in the lower half alone must not turn into infinity.
    new Uint32Array(nan.buffer)[0] = 0x7f800001;
    expect(float32ToBfloat16(nan)[0]).toBe(0x7fc0);
    expect(float32ToFloat16(nan)[0]).toBe(0x7e00);
  });
});

it('writes into a given array and leaves the rest alone', () => {
  const target = new Float32Array([9, 9, 9]);
  expect(float16ToFloat32(Uint16Array.of(0x3c00), target.subarray(1))).toEqual(Float32Array.of(1, 9));
  expect(target).toEqual(Float32Array.of(9, 1, 9));
});
