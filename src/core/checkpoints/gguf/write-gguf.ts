import { dirname } from 'node:path';
import type { FileSystem } from '../../../platform/file-system.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { GGUF_TYPES, type GgufTypeName } from '../../memory/gguf-types.js';
import type { ProgressListener } from '../../progress/progress-event.js';
import { quoteName } from '../quote-name.js';
import { elementCount } from '../tensor-source.js';
import type { GgufEntries, GgufEntry } from './metadata.js';

/** A tensor to be written; its bytes are asked for when their turn comes. */
export interface GgufTensorContent {
  readonly name: string;
  /** The width of a row first. */
  readonly shape: readonly number[];
  readonly type: GgufTypeName;
  /** All its bytes, in pieces. */
  content(): AsyncIterable<Uint8Array>;
}

/** What writing needs from outside. */
export interface GgufWritePorts {
  readonly files: FileSystem;
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

const VERSION = 3;
/** Bytes to whose multiples tensors are laid, where a file does not say otherwise. */
const ALIGNMENT = 32;

/** Numbers of the value types in a file. */
const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, list: 9 } as const;

/** Bytes of a type's whole blocks; `shape` has the width of a row first. */
function ggufBytes(type: GgufTypeName, shape: readonly number[]): number {
  const { blockElements, blockBytes } = GGUF_TYPES[type];
  return (elementCount(shape) / blockElements) * blockBytes;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Collects little-endian fields; grows by doubling. */
class Fields {
  private bytes = new Uint8Array(2 ** 12);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  /** Makes room for `count` more bytes, and says where they start. */
  private reserve(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return start;
  }

  uint8(value: number): void {
    const at = this.reserve(1);
    this.view.setUint8(at, value);
  }
  uint32(value: number): void {
    const at = this.reserve(4);
    this.view.setUint32(at, value, true);
  }
  int32(value: number): void {
    const at = this.reserve(4);
    this.view.setInt32(at, value, true);
  }
  float32(value: number): void {
    const at = this.reserve(4);
    this.view.setFloat32(at, value, true);
  }
  uint64(value: number): void {
    const at = this.reserve(8);
    this.view.setBigUint64(at, BigInt(value), true);
  }
  string(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.uint64(bytes.length);
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
  }

  entry(entry: GgufEntry): void {
    switch (entry.type) {
      case 'string':
        this.uint32(VALUE_TYPES.string);
        this.string(entry.value);
        break;
      case 'bool':
        this.uint32(VALUE_TYPES.bool);
        this.uint8(entry.value ? 1 : 0);
        break;
      case 'list of strings':
        this.list(VALUE_TYPES.string, entry.value.length);
        for (const value of entry.value) this.string(value);
        break;
      case 'list of int32':
        this.list(VALUE_TYPES.int32, entry.value.length);
        for (const value of entry.value) this.int32(value);
        break;
      case 'list of float32':
        this.list(VALUE_TYPES.float32, entry.value.length);
        for (const value of entry.value) this.float32(value);
        break;
      default:
        this.uint32(VALUE_TYPES[entry.type]);
        this[entry.type](entry.value);
    }
  }

  private list(type: number, length: number): void {
    this.uint32(VALUE_TYPES.list);
    this.uint32(type);
    this.uint64(length);
  }

  /** All fields, with zeros up to a whole alignment. */
  aligned(): Uint8Array {
    this.reserve(padded(this.length) - this.length);
    return this.bytes.subarray(0, this.length);
  }
}

function header(metadata: GgufEntries, tensors: readonly GgufTensorContent[]): Uint8Array {
  const fields = new Fields();
  for (const letter of 'GGUF') fields.uint8(letter.charCodeAt(0));
  fields.uint32(VERSION);
  fields.uint64(tensors.length);
  fields.uint64(metadata.size);
  for (const [key, entry] of metadata) {
    fields.string(key);
    fields.entry(entry);
  }
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    fields.string(name);
    fields.uint32(shape.length);
    for (const size of shape) fields.uint64(size);
    fields.uint32(GGUF_TYPES[type].id);
    fields.uint64(offset);
    offset += padded(ggufBytes(type, shape));
  }
  return fields.aligned();
}

async function assertSpace(files: FileSystem, path: string, bytes: number): Promise<void> {
  const free = await files.freeBytes?.(dirname(path));
  if (free === undefined || free >= bytes) return;
  throw new ToolkitError(
    `${path}: needs ${bytes} bytes, and the disk has ${free} free`,
    'OUT_OF_RESOURCES',
    'Free some space, write elsewhere, or choose a smaller type.',
  );
}

/**
 * Writes a GGUF file (version 3, little-endian), all or nothing, asking for one tensor at a time.
 * Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * @returns size of the file in bytes
 * @throws OUT_OF_RESOURCES before anything is written where the disk is too small; BAD_CHECKPOINT when a tensor's
 *   content has not the size that its shape announces; WRITE_FAILED
 */
export async function writeGguf(
  path: string,
  metadata: GgufEntries,
  tensors: readonly GgufTensorContent[],
  { files, onProgress = () => undefined, signal }: GgufWritePorts,
): Promise<number> {
  const start = header(metadata, tensors);
  const total = tensors.reduce((sum, { type, shape }) => sum + padded(ggufBytes(type, shape)), start.length);
  await assertSpace(files, path, total);

  async function* content(): AsyncGenerator<Uint8Array> {
    let done = start.length;
    const report = (): void => onProgress({ stage: 'write', done, total, unit: 'bytes' });
    yield start;
    report();
    for (const tensor of tensors) {
      const { name, shape, type } = tensor;
      const expected = ggufBytes(type, shape);
      let written = 0;
      for await (const piece of tensor.content()) {
        signal?.throwIfAborted();
        yield piece;
        written += piece.length;
        done += piece.length;
        report();
      }
      if (written !== expected) {
        throw new ToolkitError(
          `${path}: tensor ${quoteName(name)} should have ${expected} bytes but came as ${written}`,
          'BAD_CHECKPOINT',
        );
      }
      if (padded(written) > written) yield new Uint8Array(padded(written) - written);
      done += padded(written) - written;
    }
    report();
  }
  await files.writeAtomic(path, content());
  return total;
}
