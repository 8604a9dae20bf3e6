import type { FileSystem, RandomAccessFile } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { HostTensor, StateDict, StorageType } from './checkpoint.js';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from './half-precision.js';
import { quoteName } from './quote-name.js';
import {
  badSafetensors,
  elementBits,
  formatSafetensorsHeader,
  METADATA_KEY,
  parseSafetensorsHeader,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.js';
import { asTensorSource, describeShape, elementCount, type TensorSource } from './tensor-source.js';

export type { SafetensorsDtype, SafetensorsEntry } from './safetensors-header.js';

/** Limit of the reference implementation. */
const MAXIMUM_HEADER_BYTES = 100_000_000;

/** Elements converted at a time: 8 MiB of 16-bit values, so that beside the result little else is in memory. */
const PIECE_ELEMENTS = 2 ** 22;

/** Of F64 and the integers of 64 bits. */
const LARGEST_ELEMENT_BYTES = 8;

/** Bytes per element of the types that are written. */
const STORAGE_BYTES: Readonly<Record<StorageType, number>> = { F32: 4, F16: 2, BF16: 2 };

/** An open safetensors file, of which only the header is in memory. */
export interface SafetensorsFile extends SafetensorsHeader {
  /**
   * Reads a tensor as float32; F32 is not copied after the read.
   * @throws BAD_CHECKPOINT for a name that is not there, UNSUPPORTED for other element types than F32, F16 and BF16,
   *   OUT_OF_RESOURCES when it is larger than memory
   */
  read(name: string): Promise<HostTensor>;
  /**
   * Reads the bytes of a tensor of any type, at an address that typed arrays of its elements can start at.
   * @throws as {@link read}
   */
  readBytes(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file: reads and checks its header, and nothing else.
 * Layout: 8-byte little-endian header length, JSON header, data (https://github.com/huggingface/safetensors#format).
 * Tensor data are taken in the byte order of the machine, which is little-endian wherever Node's engines run.
 * @throws BAD_CHECKPOINT naming file and tensor when anything is inconsistent; NOT_FOUND
 */
export async function openSafetensors(files: FileSystem, path: string): Promise<SafetensorsFile> {
  const file = await files.open(path);
  try {
    const headerBytes = await readHeaderLength(file, path);
    const dataStart = 8 + headerBytes;
    const header = parseSafetensorsHeader(path, await file.read(8, headerBytes), file.size - dataStart);
    return {
      ...header,
      read: (name) => readTensor(file, path, dataStart, name, header.tensors.get(name)),
      readBytes: (name) => readBytes(file, path, dataStart, name, header.tensors.get(name)),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeaderLength(file: RandomAccessFile, path: string): Promise<number> {
  if (file.size < 8) throw badSafetensors(path, `is not a safetensors file: it has ${file.size} bytes`);
  const start = await file.read(0, 8);
  if (new TextDecoder().decode(start) === 'version ') {
    throw new ToolkitError(
      `${path}: looks like a Git LFS pointer, not the weights themselves`,
      'BAD_CHECKPOINT',
      'Fetch the real file: run "git lfs pull" in the folder it was cloned to.',
    );
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > MAXIMUM_HEADER_BYTES) {
    throw badSafetensors(path, `header length ${length} is above the limit of ${MAXIMUM_HEADER_BYTES} bytes`);
  }
  if (Number(length) > file.size - 8) {
    throw badSafetensors(path, `header length ${length} does not fit a file of ${file.size} bytes`);
  }
  return Number(length);
}

async function readTensor(
  file: RandomAccessFile,
  path: string,
  dataStart: number,
  name: string,
  entry: SafetensorsEntry | undefined,
): Promise<HostTensor> {
  if (entry === undefined) throw noTensor(path, name);
  const { dtype, shape, bytes } = entry;
  const start = dataStart + entry.offset;
  try {
    switch (dtype) {
      case 'F32': {
        const raw = aligned(await file.read(start, bytes), 4);
        return { shape, data: new Float32Array(raw.buffer, raw.byteOffset, bytes / 4) };
      }
      case 'F16':
        return { shape, data: await readHalves(file, start, bytes / 2, float16ToFloat32) };
      case 'BF16':
        return { shape, data: await readHalves(file, start, bytes / 2, bfloat16ToFloat32) };
    }
  } catch (error) {
    throw memoryError(error, path, name, bytes);
  }
  throw new ToolkitError(
    `${path}: tensor ${quoteName(name)} is stored as ${dtype}; only F32, F16 and BF16 can be read`,
    'UNSUPPORTED',
    'Convert the checkpoint to one of these types, or use one that has not been quantised.',
  );
}

async function readBytes(
  file: RandomAccessFile,
  path: string,
  dataStart: number,
  name: string,
  entry: SafetensorsEntry | undefined,
): Promise<Uint8Array> {
  if (entry === undefined) throw noTensor(path, name);
  try {
    return aligned(await file.read(dataStart + entry.offset, entry.bytes), LARGEST_ELEMENT_BYTES);
  } catch (error) {
    throw memoryError(error, path, name, entry.bytes);
  }
}

function noTensor(path: string, name: string): ToolkitError {
  return new ToolkitError(`${path}: there is no tensor ${quoteName(name)}`, 'BAD_CHECKPOINT');
}

/** Says what typed arrays throw when they are too long, or memory is used up; other errors stay as they are. */
function memoryError(error: unknown, path: string, name: string, bytes: number): unknown {
  if (!(error instanceof RangeError)) return error;
  return new ToolkitError(
    `${path}: tensor ${quoteName(name)} of ${bytes} bytes does not fit in memory`,
    'OUT_OF_RESOURCES',
    undefined,
    error,
  );
}

async function readHalves(
  file: RandomAccessFile,
  start: number,
  count: number,
  widen: (source: Uint16Array, target: Float32Array) => Float32Array,
): Promise<Float32Array> {
  const values = new Float32Array(count);
  for (let done = 0; done < count; done += PIECE_ELEMENTS) {
    const length = Math.min(PIECE_ELEMENTS, count - done);
    const raw = aligned(await file.read(start + done * 2, length * 2), 2);
    widen(new Uint16Array(raw.buffer, raw.byteOffset, length), values.subarray(done));
  }
  return values;
}

/** Typed arrays must start at a multiple of their element size; only a view that does not is copied. */
function aligned(bytes: Uint8Array, elementBytes: number): Uint8Array {
  return bytes.byteOffset % elementBytes === 0 ? bytes : new Uint8Array(bytes);
}

/** A tensor as it is to be stored: its bytes are made when they are written. */
export interface StoredTensor extends Omit<SafetensorsEntry, 'offset'> {
  /** @param where the file, for errors */
  content(where: string): AsyncIterable<Uint8Array>;
}

/**
 * Tensors of a source, rounded to nearest in the type that they are stored in.
 * @returns tensors whose content throws BAD_CHECKPOINT when one is not what its source announced, and UNSUPPORTED when a
 *   finite value is beyond the range of `storage`
 */
export function castTensors(
  tensors: StateDict | TensorSource,
  storage: StorageType,
): Map<string, StoredTensor> {
  const source = asTensorSource(tensors);
  return new Map(
    Array.from(source.tensors, ([name, { shape }]): [string, StoredTensor] => {
      const bytes = elementCount(shape) * STORAGE_BYTES[storage];
      const content = async function* (where: string): AsyncGenerator<Uint8Array> {
        const tensor = await source.readTensor(name);
        if (tensor.shape.join() !== shape.join() || tensor.data.length !== elementCount(shape)) {
          const found = `${tensor.data.length} values of shape ${describeShape(tensor.shape)}`;
          throw new ToolkitError(
            `${where}: tensor ${quoteName(name)} should be ${describeShape(shape)} but came as ${found}`,
            'BAD_CHECKPOINT',
          );
        }
        yield* encode(where, name, tensor.data, storage);
      };
      return [name, { dtype: storage, shape, bytes, content }];
    }),
  );
}

/**
 * Writes a safetensors file, all or nothing, one tensor at a time. Tensors are laid out as the reference implementation
 * does, those of the largest elements first and then by name, so that all are aligned: the same values give the same
 * bytes.
 * @param metadata free texts for the header
 * @throws what the tensors' content throws; WRITE_FAILED and OUT_OF_RESOURCES from the file system
 */
export async function writeStoredTensors(
  files: FileSystem,
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const entries: [string, SafetensorsEntry][] = [];
  let offset = 0;
  const byName = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const ordered = byName.sort(([, a], [, b]) => elementBits(b.dtype) - elementBits(a.dtype));
  for (const [name, { dtype, shape, bytes }] of ordered) {
    if (name === METADATA_KEY) throw badSafetensors(path, `no tensor may be named ${METADATA_KEY}`);
    entries.push([name, { dtype, shape, offset, bytes }]);
    offset += bytes;
  }

  async function* content(): AsyncGenerator<Uint8Array> {
    yield formatSafetensorsHeader(metadata, entries);
    for (const [, tensor] of ordered) yield* tensor.content(path);
  }
  await files.writeAtomic(path, content());
}

/**
 * Writes a safetensors file, all or nothing, fetching one tensor at a time.
 * @param storage the type all tensors are stored in, rounding to nearest
 * @throws what {@link castTensors} and {@link writeStoredTensors} throw
 */
export function writeSafetensors(
  files: FileSystem,
  path: string,
  tensors: StateDict | TensorSource,
  storage: StorageType,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  return writeStoredTensors(files, path, castTensors(tensors, storage), metadata);
}

function* encode(
  path: string,
  name: string,
  values: Float32Array,
  storage: StorageType,
): Generator<Uint8Array> {
  if (storage === 'F32') {
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return;
  }
  const narrow = storage === 'F16' ? float32ToFloat16 : float32ToBfloat16;
  for (let done = 0; done < values.length; done += PIECE_ELEMENTS) {
    const piece = values.subarray(done, done + PIECE_ELEMENTS);
    const halves = narrow(piece);
    const overflow = firstOverflow(piece, halves, storage);
    if (overflow !== undefined) {
      throw new ToolkitError(
        `${path}: tensor ${quoteName(name)} holds ${overflow}, which is beyond the range of ${storage}`,
        'UNSUPPORTED',
        storage === 'F16' ? 'Store the weights as BF16 or F32.' : 'Store the weights as F32.',
      );
    }
    yield new Uint8Array(halves.buffer);
  }
}

/** The first finite value that became infinite. */
function firstOverflow(
  values: Float32Array,
  halves: Uint16Array,
  storage: 'F16' | 'BF16',
): number | undefined {
  const infinity = storage === 'F16' ? 0x7c00 : 0x7f80;
  for (let i = 0; i < halves.length; i++) {
    if ((halves[i]! & 0x7fff) === infinity && Number.isFinite(values[i])) return values[i];
  }
  return undefined;
}
