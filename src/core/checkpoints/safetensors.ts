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

/** Bytes per element of the types that are written. */
export const STORAGE_BYTES: Readonly<Record<StorageType, number>> = { F32: 4, F16: 2, BF16: 2 };

/** An open safetensors file, of which only the header is in memory. */
export interface SafetensorsFile extends SafetensorsHeader {
  /**
   * Reads a tensor as float32; F32 is not copied after the read.
   * @throws BAD_CHECKPOINT for a name that is not there, UNSUPPORTED for other element types than F32, F16 and BF16,
   *   OUT_OF_RESOURCES when it is larger than memory
   */
  read(name: string): Promise<HostTensor>;
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
  if (entry === undefined) {
    throw new ToolkitError(`${path}: there is no tensor ${quoteName(name)}`, 'BAD_CHECKPOINT');
  }
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
    // What typed arrays throw when they are too long, or memory is used up.
    if (!(error instanceof RangeError)) throw error;
    throw new ToolkitError(
      `${path}: tensor ${quoteName(name)} of ${bytes} bytes does not fit in memory`,
      'OUT_OF_RESOURCES',
      undefined,
      error,
    );
  }
  throw new ToolkitError(
    `${path}: tensor ${quoteName(name)} is stored as ${dtype}; only F32, F16 and BF16 can be read`,
    'UNSUPPORTED',
    'Convert the checkpoint to one of these types, or use one that has not been quantised.',
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

/**
 * Writes a safetensors file, all or nothing, fetching one tensor at a time. Tensors are laid out by name, as the
 * reference implementation does for tensors of one type: the same values give the same bytes.
 * @param storage the type all tensors are stored in, rounding to nearest
 * @param metadata free texts for the header
 * @throws BAD_CHECKPOINT when a tensor is not what its source announced; UNSUPPORTED when a finite value is beyond the
 *   range of `storage`; WRITE_FAILED and OUT_OF_RESOURCES from the file system
 */
export async function writeSafetensors(
  files: FileSystem,
  path: string,
  tensors: StateDict | TensorSource,
  storage: StorageType,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const source = asTensorSource(tensors);
  const entries: [string, SafetensorsEntry][] = [];
  let offset = 0;
  for (const name of [...source.tensors.keys()].sort()) {
    if (name === METADATA_KEY) throw badSafetensors(path, `no tensor may be named ${METADATA_KEY}`);
    const { shape } = source.tensors.get(name)!;
    const bytes = elementCount(shape) * STORAGE_BYTES[storage];
    entries.push([name, { dtype: storage, shape, offset, bytes }]);
    offset += bytes;
  }

  async function* content(): AsyncGenerator<Uint8Array> {
    yield formatSafetensorsHeader(metadata, entries);
    for (const [name, { shape }] of entries) {
      const tensor = await source.readTensor(name);
      if (tensor.shape.join() !== shape.join() || tensor.data.length !== elementCount(shape)) {
        const found = `${tensor.data.length} values of shape ${describeShape(tensor.shape)}`;
        throw new ToolkitError(
          `${path}: tensor ${quoteName(name)} should be ${describeShape(shape)} but came as ${found}`,
          'BAD_CHECKPOINT',
        );
      }
      yield* encode(path, name, tensor.data, storage);
    }
  }
  await files.writeAtomic(path, content());
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
