import { readJson, GOLDEN } from '../../../../golden/golden.js';
import type { GgufTypeName } from '../../../../../src/core/memory/gguf-types.js';

/** What `test/golden/make-gguf-blocks.py` wrote; bytes are in base64. */
export interface GoldenBlocks {
  readonly sizes: Readonly<Record<string, { readonly blockElements: number; readonly blockBytes: number }>>;
  readonly reads: Readonly<Record<string, { readonly bytes: string; readonly values: string }>>;
  readonly writes: readonly {
    readonly title: string;
    readonly values: string;
    readonly blocks: Readonly<Record<string, string>>;
  }[];
  readonly bulk: {
    readonly count: number;
    /** SHA-256 of float32 values and of the blocks of each type. */
    readonly values: string;
    readonly blocks: Readonly<Record<string, string>>;
  };
}

export const golden = readJson<GoldenBlocks>(GOLDEN, 'gguf', 'blocks.json');

/** Entries of one of its tables. */
export function byType<T>(table: Readonly<Record<string, T>>): [GgufTypeName, T][] {
  return Object.entries(table) as [GgufTypeName, T][];
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}

export function valuesOf(base64: string): Float32Array {
  return new Float32Array(bytesOf(base64).buffer);
}

/** Bell-shaped values, exact in float32, as `bulk_values` of the script makes them. */
export function bulkValues(count: number, first = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    let sum = -(2 ** 23);
    for (let k = 0; k < 4; k++) sum += hash(4 * (first + index) + k) >>> 10;
    return sum * 2 ** -26;
  });
}

function hash(value: number): number {
  let state = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
