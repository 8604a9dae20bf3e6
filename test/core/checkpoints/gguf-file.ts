import type { RandomAccessFile } from '../../../src/platform/file-system.js';

/** Bytes as a file that counts what is read of it. */
export function memoryFile(bytes: Uint8Array): RandomAccessFile & { bytesRead: number } {
  return {
    size: bytes.length,
    bytesRead: 0,
    read(position, length) {
      if (position + length > bytes.length) throw new Error('read past the end');
      this.bytesRead += length;
      return Promise.resolve(bytes.slice(position, position + length));
    },
    close: () => Promise.resolve(),
  };
}

/** Writes GGUF by hand, field by field, so that tests can write it wrongly too. */
export class GgufBytes {
  private readonly pieces: number[][] = [];

  raw(...bytes: number[]): this {
    this.pieces.push(bytes);
    return this;
  }
  uint32(value: number): this {
    return this.raw(...new Uint8Array(new Uint32Array([value]).buffer));
  }
  uint64(value: number | bigint): this {
    return this.raw(...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer));
  }
  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.uint64(bytes.length).raw(...bytes);
  }
  start(tensors: number | bigint, entries: number | bigint, version = 3): this {
    return this.raw(...new TextEncoder().encode('GGUF'))
      .uint32(version)
      .uint64(tensors)
      .uint64(entries);
  }
  /** A text under a key. */
  entry(key: string, value: string): this {
    return this.text(key).uint32(8).text(value);
  }
  /** A 32-bit number under a key. */
  number(key: string, value: number): this {
    return this.text(key).uint32(4).uint32(value);
  }
  tensor(name: string, shape: readonly (number | bigint)[], type: number, offset: number | bigint): this {
    this.text(name).uint32(shape.length);
    for (const size of shape) this.uint64(size);
    return this.uint32(type).uint64(offset);
  }
  /** What was written, padded to a multiple of 32, and `dataBytes` zeros behind. */
  finish(dataBytes = 0): Uint8Array {
    const bytes = this.pieces.flat();
    const file = new Uint8Array(Math.ceil(bytes.length / 32) * 32 + dataBytes);
    file.set(bytes);
    return file;
  }
  /** What was written, with nothing behind. */
  cut(): Uint8Array {
    return Uint8Array.from(this.pieces.flat());
  }
}
