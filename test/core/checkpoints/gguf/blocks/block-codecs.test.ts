import { describe, expect, it } from 'vitest';
import {
  BLOCK_CODECS,
  blockCodec,
  blockEncoder,
} from '../../../../../src/core/checkpoints/gguf/blocks/index.js';
import type { GgufTypeName } from '../../../../../src/core/memory/gguf-types.js';
import { dequantizeMatrix } from '../../../../../src/core/quantization/dequantize-matrix.js';
import { sha256 } from '../../fixtures.js';
import { bulkValues, byType, bytesOf, golden, valuesOf } from './golden-blocks.js';

/** With a scale this small its inverse overflows: which integers C takes then is undefined, and all stand for zero. */
const UNDEFINED_IN_C = 'subnormal in float32';

function decoded(type: GgufTypeName, bytes: Uint8Array): Float32Array {
  const codec = blockCodec(type);
  const values = new Float32Array((bytes.length / codec.blockBytes) * codec.blockElements);
  codec.decode(bytes, values);
  return values;
}

function encoded(type: GgufTypeName, values: Float32Array): Uint8Array {
  const codec = blockEncoder(type);
  const bytes = new Uint8Array((values.length / codec.blockElements) * codec.blockBytes);
  codec.encode(values, bytes);
  return bytes;
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

const types = [...BLOCK_CODECS.keys()];
const encodable = types.filter((type) => blockCodec(type).encode !== undefined);
/** Those whose values share scales. */
const quantizing = encodable.filter((type) => blockCodec(type).quantized !== undefined);

describe.each(byType(golden.reads))('%s', (type, { bytes, values }) => {
  it('reads to the bit what ggml and its Python package read', () => {
    expect(bitsOf(decoded(type, bytesOf(bytes)))).toEqual(bitsOf(valuesOf(values)));
  });

  it('reads blocks that start at an odd byte', () => {
    const blocks = bytesOf(bytes);
    const moved = new Uint8Array(blocks.length + 1);
    moved.set(blocks, 1);
    expect(bitsOf(decoded(type, moved.subarray(1)))).toEqual(bitsOf(valuesOf(values)));
  });
});

describe.each(golden.writes)('values $title', ({ title, values, blocks }) => {
  it.each(byType(blocks))('are written as ggml writes them: %s', (type, expected) => {
    const actual = encoded(type, valuesOf(values));
    if (title === UNDEFINED_IN_C && blockCodec(type).quantized) {
      for (const bytes of [actual, bytesOf(expected)]) {
        expect(Math.max(...decoded(type, bytes).map(Math.abs))).toBe(0);
      }
    } else {
      expect(actual).toEqual(bytesOf(expected));
    }
  });
});

describe('many values', () => {
  const values = bulkValues(golden.bulk.count);

  it('are those of the reference', () => expect(sha256(values)).toBe(golden.bulk.values));

  it.each(byType(golden.bulk.blocks))('are written as ggml writes them: %s', (type, digest) => {
    expect(sha256(encoded(type, values))).toBe(digest);
  });
});

it('F32 is float32, in both directions and at odd bytes', () => {
  const values = Float32Array.of(1.5, -0, 3.4e38, 1e-45, Infinity);
  const bytes = encoded('F32', values);
  expect(bytes).toEqual(new Uint8Array(values.buffer));
  const moved = new Uint8Array(bytes.length + 1);
  moved.set(bytes, 1);
  expect(decoded('F32', moved.subarray(1))).toEqual(values);
});

describe('integers of a matrix', () => {
  const readable = types.filter((type) => blockCodec(type).quantized !== undefined);

  it.each(readable)('stand for what is read: %s', (type) => {
    const bytes = bytesOf(golden.reads[type]!.bytes);
    const expected = decoded(type, bytes);
    const inputs = Math.max(64, blockCodec(type).blockElements);
    const matrix = blockCodec(type).quantized!(bytes, expected.length / inputs, inputs);
    expect(Math.log2(matrix.blockSize) % 1).toBe(0);
    expect(matrix.blockSize).toBeGreaterThanOrEqual(16);
    expect(matrix.values.length).toBe((expected.length * matrix.bits) / 8);
    expect(matrix.scales.length).toBe(expected.length / matrix.blockSize);
    dequantizeMatrix(matrix).forEach((value, index) => {
      const offset = matrix.offsets?.[Math.floor(index / matrix.blockSize)] ?? 0;
      // A product rounded or not, and two sums rounded.
      const tolerance = 2 ** -22 * (Math.abs(value) + Math.abs(offset));
      expect(Math.abs(value - expected[index]!), String(index)).toBeLessThanOrEqual(tolerance);
    });
  });

  it('take the layout of MatMulNBits: neighbours in one byte, the first in the low half', () => {
    // Scale 1 (float16 0x3c00); byte i has value i in its low half and value i + 16 in its high half.
    const bytes = Uint8Array.of(0x00, 0x3c, ...Array.from({ length: 16 }, (_, i) => i | ((15 - i) << 4)));
    const matrix = blockCodec('Q4_0').quantized!(bytes, 1, 32);
    expect(matrix).toEqual({
      outputs: 1,
      inputs: 32,
      bits: 4,
      blockSize: 32,
      scales: Float32Array.of(1),
      values: Uint8Array.of(
        ...[0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe],
        ...[0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01],
      ),
    });
  });

  it('refuse rows that are no whole blocks, and another number of bytes', () => {
    const bytes = new Uint8Array(144);
    expect(() => blockCodec('Q4_K').quantized!(bytes, 2, 128)).toThrow(
      expect.objectContaining({ code: 'BAD_CHECKPOINT', message: expect.stringContaining('128') as string }),
    );
    expect(() => blockCodec('Q4_K').quantized!(bytes, 2, 256)).toThrow(
      expect.objectContaining({
        code: 'BAD_CHECKPOINT',
        message: expect.stringContaining('144 bytes') as string,
      }),
    );
  });
});

describe('what is lost', () => {
  const values = bulkValues(2048, 1_000_000);

  /**
   * Largest error as a share of the block's largest magnitude, 1: half a step, a whole one where the side opposite to the
   * extreme has one integer less, and what rounding scale and minimum to float16 (2^-11 each) may add.
   */
  it.each([
    ['Q8_0', 0.5 / 127 + 2 ** -11],
    ['Q4_0', 1 / 8 + 2 ** -11],
    ['Q5_0', 1 / 16 + 2 ** -11],
    ['Q4_1', 2 / 15 / 2 + 3 * 2 ** -11],
    ['Q5_1', 2 / 31 / 2 + 3 * 2 ** -11],
  ] as const)('is at most a step: %s', (type, bound) => {
    const read = decoded(type, encoded(type, values));
    for (let first = 0; first < values.length; first += 32) {
      const block = values.subarray(first, first + 32);
      const largest = Math.max(...block.map(Math.abs));
      block.forEach((value, i) =>
        expect(Math.abs(read[first + i]! - value), String(first + i)).toBeLessThanOrEqual(bound * largest),
      );
    }
  });

  /** Root mean square of even steps over the range of each group, step / sqrt(12): the search must not be worse. */
  it.each([
    ['Q4_K', 32, 15, 'range'],
    ['Q5_K', 32, 31, 'range'],
    ['Q6_K', 16, 64, 'magnitude'],
  ] as const)('is less than with even steps: %s', (type, groupElements, intervals, width) => {
    let sumSquares = 0;
    for (let first = 0; first < values.length; first += groupElements) {
      const group = values.subarray(first, first + groupElements);
      const range =
        width === 'range' ? Math.max(...group) - Math.min(...group) : 2 * Math.max(...group.map(Math.abs));
      sumSquares += (groupElements * (range / intervals) ** 2) / 12;
    }
    const read = decoded(type, encoded(type, values));
    const error = rootMeanSquare(read.map((value, i) => value - values[i]!));
    expect(error).toBeLessThan(Math.sqrt(sumSquares / values.length));
    expect(error).toBeGreaterThan(0.5 * Math.sqrt(sumSquares / values.length));
  });

  it.each(encodable)('is next to nothing of a constant, and nothing of zeros: %s', (type) => {
    for (const constant of [0.375, -0.7, 3000, -12]) {
      const read = decoded(type, encoded(type, new Float32Array(256).fill(constant)));
      const error = Math.max(...read.map((value) => Math.abs(value - constant)));
      // bfloat16 has 8 bits; the other types' scales have the 11 of float16.
      const share = type === 'BF16' ? 2 ** -8 : 2 ** -9;
      expect(error, String(constant)).toBeLessThanOrEqual(share * Math.abs(constant));
    }
    const zeros = decoded(type, encoded(type, new Float32Array(256)));
    expect(Math.max(...zeros.map(Math.abs))).toBe(0);
  });
});

describe('what cannot be written is refused', () => {
  it.each(quantizing)('no number, the infinite and what overflows the scale: %s', (type) => {
    for (const bad of [NaN, Infinity, -Infinity, 1e9, -3e38]) {
      const values = bulkValues(256);
      values[17] = bad;
      expect(() => encoded(type, values), String(bad)).toThrow(
        expect.objectContaining({
          code: 'BAD_CHECKPOINT',
          message: expect.stringContaining('Value 17') as string,
          hint: expect.stringContaining('F32') as string,
        }),
      );
    }
    const large = new Float32Array(256).fill(2.6e8);
    large[3] = -2.6e8;
    if (type === 'Q6_K') expect(decoded(type, encoded(type, large))[0]).toBeCloseTo(2.6e8, -7);
    else {
      expect(() => encoded(type, large)).toThrow(
        expect.objectContaining({
          code: 'BAD_CHECKPOINT',
          message: expect.stringContaining('65504') as string,
        }),
      );
    }
  });

  it.each(quantizing)('a number of values that fills no blocks: %s', (type) => {
    const codec = blockEncoder(type);
    const { blockElements, blockBytes } = codec;
    expect(() => codec.encode(new Float32Array(blockElements + 1), new Uint8Array(blockBytes))).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: `${blockElements + 1} values do not fill blocks of ${blockElements}, as ${type} has them`,
        hint: expect.stringContaining('F16') as string,
      }),
    );
  });

  it.each(encodable)('room of another size: %s', (type) => {
    const codec = blockEncoder(type);
    const { blockElements, blockBytes } = codec;
    expect(() => codec.encode(new Float32Array(blockElements), new Uint8Array(blockBytes + 1))).toThrow(
      expect.objectContaining({ code: 'BAD_CHECKPOINT' }),
    );
  });

  it.each(types)('nor is half a block read: %s', (type) => {
    const codec = blockCodec(type);
    const { blockElements, blockBytes } = codec;
    expect(() =>
      codec.decode(new Uint8Array(2 * blockBytes - 1), new Float32Array(2 * blockElements)),
    ).toThrow(
      expect.objectContaining({
        code: 'BAD_CHECKPOINT',
        message: expect.stringContaining(`${2 * blockBytes - 1} bytes of ${type}`) as string,
      }),
    );
  });
});
