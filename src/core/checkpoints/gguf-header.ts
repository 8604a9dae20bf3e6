import type { RandomAccessFile } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { GGUF_TYPES, ggufTypeName, type GgufTypeName } from '../memory/gguf-types.js';
import { quoteName } from './quote-name.js';
import { describeShape } from './tensor-source.js';

/** A list in the metadata; long ones, as vocabularies are, only by their length. */
export interface GgufArray {
  readonly length: number;
  readonly values?: readonly GgufScalar[];
}

/** One value of the metadata; integers beyond 2^53 are bigints. */
export type GgufScalar = number | bigint | boolean | string;
export type GgufValue = GgufScalar | GgufArray;

/** Where and how a tensor lies in its file. */
export interface GgufTensor {
  readonly type: GgufTypeName;
  /** The width of a row first. */
  readonly shape: readonly number[];
  readonly elements: number;
  /** Bytes from the start of the data. */
  readonly offset: number;
  readonly bytes: number;
}

/** All of a file but its data. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Bytes from the start of the file to that of the data. */
  readonly dataOffset: number;
}

const MAGIC = 'GGUF';
const VERSIONS = [2, 3];
const ALIGNMENT_KEY = 'general.alignment';
const USUAL_ALIGNMENT = 32;
/** ggml's limit. */
const MAXIMUM_DIMENSIONS = 4;

/** Bytes read at a time; most headers of small models are not longer. */
const CHUNK_BYTES = 2 ** 18;
/** Lists up to this length are held unasked: those with one value for each layer. */
const HELD_ELEMENTS = 4096;
/** Names, texts and lists that are held, all together; the longest chat templates have some 10,000 characters. */
const HELD_BYTES = 2 ** 26;
/** A number in a JavaScript list. */
const LIST_ELEMENT_BYTES = 8;

/** Fewest bytes that a piece of metadata, or the description of a tensor, can take. */
const LEAST_ENTRY_BYTES = 8 + 4 + 1;
const LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8;

type ReadScalar = (view: DataView, at: number) => GgufScalar;

/** Fixed-size value types by their number in a file. */
const SCALARS: ReadonlyMap<number, { readonly bytes: number; readonly read: ReadScalar }> = new Map([
  [0, { bytes: 1, read: (view: DataView, at: number) => view.getUint8(at) }],
  [1, { bytes: 1, read: (view, at) => view.getInt8(at) }],
  [2, { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  [3, { bytes: 2, read: (view, at) => view.getInt16(at, true) }],
  [4, { bytes: 4, read: (view, at) => view.getUint32(at, true) }],
  [5, { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  [6, { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  [7, { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 }],
  [10, { bytes: 8, read: (view, at) => narrow(view.getBigUint64(at, true)) }],
  [11, { bytes: 8, read: (view, at) => narrow(view.getBigInt64(at, true)) }],
  [12, { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
] satisfies [number, { bytes: number; read: ReadScalar }][]);
const STRING = 8;
const ARRAY = 9;

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The error for a damaged or hostile file: what is wrong, and where. */
export function badGguf(path: string, problem: string): ToolkitError {
  return new ToolkitError(
    `${path}: ${problem}`,
    'BAD_CHECKPOINT',
    'The file is damaged or is not a GGUF file; get it again.',
  );
}

/** Reads a file from its start, a chunk at a time, and never past its end. */
class Cursor {
  position = 0;
  private chunk: DataView = new DataView(new ArrayBuffer(0));
  private chunkStart = 0;
  private heldBytes = 0;

  constructor(
    private readonly file: RandomAccessFile,
    readonly path: string,
  ) {}

  get remaining(): number {
    return this.file.size - this.position;
  }

  /** Moves over `length` bytes without reading them. */
  skip(length: number, what: string): void {
    if (length > this.remaining) throw badGguf(this.path, `ends within ${what}`);
    this.position += length;
  }

  /** @returns a view, and where in it the next `length` bytes start, which are passed */
  async take(length: number, what: string): Promise<readonly [DataView, number]> {
    const start = this.position;
    this.skip(length, what);
    if (this.position > this.chunkStart + this.chunk.byteLength || start < this.chunkStart) {
      const bytes = await this.file.read(
        start,
        Math.min(Math.max(length, CHUNK_BYTES), this.file.size - start),
      );
      this.chunk = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.chunkStart = start;
    }
    return [this.chunk, start - this.chunkStart];
  }

  async uint32(what: string): Promise<number> {
    const [view, at] = await this.take(4, what);
    return view.getUint32(at, true);
  }

  /** A 64-bit size, offset or count: never beyond what a number holds exactly. */
  async size(what: string): Promise<number> {
    const [view, at] = await this.take(8, what);
    const value = view.getBigUint64(at, true);
    if (value > Number.MAX_SAFE_INTEGER)
      throw badGguf(this.path, `${what} is ${value}, larger than any file`);
    return Number(value);
  }

  /** A number of things of at least `leastBytes` each, which must fit into the rest of the file. */
  async count(what: string, leastBytes: number): Promise<number> {
    const count = await this.size(what);
    if (count * leastBytes > this.remaining) {
      throw badGguf(
        this.path,
        `${what} is ${count}, more than the ${this.remaining} bytes that follow can hold`,
      );
    }
    return count;
  }

  /** Counts what is kept in memory; a real header has some hundred kilobytes. */
  hold(bytes: number, what: string): void {
    this.heldBytes += bytes;
    if (this.heldBytes > HELD_BYTES) {
      throw badGguf(this.path, `its names, texts and lists are larger than ${HELD_BYTES} bytes, at ${what}`);
    }
  }

  async text(what: string): Promise<string> {
    const length = await this.count(`the length of ${what}`, 1);
    this.hold(length, what);
    const [view, at] = await this.take(length, what);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        new Uint8Array(view.buffer, view.byteOffset + at, length),
      );
    } catch {
      throw badGguf(this.path, `${what} is not UTF-8`);
    }
  }

  async skipText(what: string): Promise<void> {
    this.skip(await this.count(`the length of ${what}`, 1), what);
  }
}

/**
 * Reads the header of a GGUF file, version 2 or 3, little-endian: metadata and the place of every tensor. Lists of more
 * than 4,096 elements, and all lists of texts, are passed over and give their length only.
 * Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * @param path named in errors
 * @param held keys of lists to hold whatever their length
 * @throws BAD_CHECKPOINT naming the file and what is wrong in it; UNSUPPORTED for other versions and byte orders
 */
export async function readGgufHeader(
  file: RandomAccessFile,
  path: string,
  held: ReadonlySet<string> = new Set(),
): Promise<GgufHeader> {
  const cursor = new Cursor(file, path);
  const version = await readVersion(cursor);
  const tensorCount = await cursor.size('the number of tensors');
  const entryCount = await cursor.count('the number of metadata entries', LEAST_ENTRY_BYTES);

  const metadata = new Map<string, GgufValue>();
  for (let entry = 0; entry < entryCount; entry++) {
    const key = await cursor.text(`the key of metadata entry ${entry}`);
    if (metadata.has(key)) throw badGguf(path, `holds the metadata entry ${quoteName(key)} twice`);
    const what = `metadata entry ${quoteName(key)}`;
    metadata.set(key, await readValue(cursor, await cursor.uint32(what), what, held.has(key)));
  }

  const alignment = metadata.get(ALIGNMENT_KEY) ?? USUAL_ALIGNMENT;
  if (typeof alignment !== 'number' || !isPowerOfTwo(alignment)) {
    const found = typeof alignment === 'object' ? 'a list' : String(alignment);
    throw badGguf(path, `${ALIGNMENT_KEY} is ${quoteName(found)}, not a power of two`);
  }
  if (tensorCount * LEAST_TENSOR_BYTES > cursor.remaining) {
    throw badGguf(path, `announces ${tensorCount} tensors, more than ${cursor.remaining} bytes can describe`);
  }
  const tensors = new Map<string, GgufTensor>();
  for (let index = 0; index < tensorCount; index++) {
    const name = await cursor.text(`the name of tensor ${index}`);
    if (tensors.has(name)) throw badGguf(path, `holds the tensor ${quoteName(name)} twice`);
    tensors.set(name, await readTensor(cursor, `tensor ${quoteName(name)}`, alignment));
  }
  const dataOffset = Math.ceil(cursor.position / alignment) * alignment;
  checkPlaces(path, tensors, file.size - dataOffset);
  return { version, metadata, tensors, dataOffset };
}

function isPowerOfTwo(value: number): boolean {
  // Unsigned 32 bits at most, of which exactly one is set.
  return Number.isInteger(value) && value > 0 && value <= 2 ** 31 && Number.isInteger(Math.log2(value));
}

async function readVersion(cursor: Cursor): Promise<number> {
  const { path } = cursor;
  const [view, at] = await cursor.take(8, 'its first bytes');
  const magic = String.fromCharCode(...[0, 1, 2, 3].map((byte) => view.getUint8(at + byte)));
  if (magic === 'vers') {
    throw new ToolkitError(
      `${path}: looks like a Git LFS pointer, not the weights themselves`,
      'BAD_CHECKPOINT',
      'Fetch the real file: run "git lfs pull" in the folder it was cloned to.',
    );
  }
  if (magic !== MAGIC) throw badGguf(path, `is not a GGUF file: it starts with ${quoteName(magic)}`);
  const version = view.getUint32(at + 4, true);
  if (VERSIONS.includes(version)) return version;
  const isBigEndian = VERSIONS.includes(view.getUint32(at + 4, false));
  throw new ToolkitError(
    isBigEndian
      ? `${path}: is a GGUF file for big-endian machines`
      : `${path}: is a GGUF file of version ${version}; versions ${VERSIONS.join(' and ')} can be read`,
    'UNSUPPORTED',
    isBigEndian
      ? 'Convert it with gguf_convert_endian.py of llama.cpp.'
      : 'Convert the model again with a current llama.cpp.',
  );
}

async function readValue(cursor: Cursor, type: number, what: string, isHeld: boolean): Promise<GgufValue> {
  if (type === STRING) return cursor.text(what);
  if (type === ARRAY) return readArray(cursor, what, isHeld);
  return readScalar(cursor, type, what);
}

async function readScalar(cursor: Cursor, type: number, what: string): Promise<GgufScalar> {
  const scalar = SCALARS.get(type);
  if (scalar === undefined) throw badGguf(cursor.path, `${what} has the unknown type ${type}`);
  const [view, at] = await cursor.take(scalar.bytes, what);
  return scalar.read(view, at);
}

async function readArray(cursor: Cursor, what: string, isHeld: boolean): Promise<GgufArray> {
  const type = await cursor.uint32(what);
  const scalar = SCALARS.get(type);
  if (scalar === undefined && type !== STRING) {
    const problem = type === ARRAY ? 'is a list of lists' : `is a list of the unknown type ${type}`;
    throw badGguf(cursor.path, `${what} ${problem}`);
  }
  const length = await cursor.count(`the length of ${what}`, scalar?.bytes ?? 8);
  if (isHeld || (scalar !== undefined && length <= HELD_ELEMENTS)) {
    cursor.hold(length * LIST_ELEMENT_BYTES, what);
    const values: GgufScalar[] = [];
    for (let index = 0; index < length; index++) {
      values.push(scalar === undefined ? await cursor.text(what) : await readScalar(cursor, type, what));
    }
    return { length, values };
  }
  if (scalar !== undefined) cursor.skip(length * scalar.bytes, what);
  else for (let index = 0; index < length; index++) await cursor.skipText(what);
  return { length };
}

async function readTensor(cursor: Cursor, what: string, alignment: number): Promise<GgufTensor> {
  const fail = (problem: string): ToolkitError => badGguf(cursor.path, `${what}: ${problem}`);
  const dimensions = await cursor.uint32(what);
  if (dimensions > MAXIMUM_DIMENSIONS)
    throw fail(`has ${dimensions} dimensions, more than ${MAXIMUM_DIMENSIONS}`);
  const shape: number[] = [];
  for (let axis = 0; axis < dimensions; axis++) shape.push(await cursor.size(`a size of ${what}`));
  const id = await cursor.uint32(what);
  const type = ggufTypeName(id);
  if (type === undefined) throw fail(`has the unknown type ${id}`);
  const { blockElements, blockBytes } = GGUF_TYPES[type];
  const [width = 1] = shape;
  if (width % blockElements !== 0) {
    throw fail(`its rows of ${width} are no whole number of ${type}'s blocks of ${blockElements}`);
  }
  let elements = 1;
  for (const size of shape) {
    if (size === 0) throw fail(`shape ${describeShape(shape)} is empty`);
    elements *= size;
    // A block has fewer bytes than eight for each of its elements, or exactly as many.
    if (!Number.isSafeInteger(8 * elements))
      throw fail(`shape ${describeShape(shape)} is larger than any file`);
  }
  const offset = await cursor.size(`the offset of ${what}`);
  if (offset % alignment !== 0)
    throw fail(`its offset ${offset} is no multiple of the alignment ${alignment}`);
  return { type, shape, elements, offset, bytes: (elements / blockElements) * blockBytes };
}

/** All tensors must lie in the file, and none in another. */
function checkPlaces(path: string, tensors: ReadonlyMap<string, GgufTensor>, dataBytes: number): void {
  let covered = 0;
  for (const [name, { offset, bytes }] of [...tensors].sort(([, a], [, b]) => a.offset - b.offset)) {
    if (offset + bytes > dataBytes) {
      const problem = `its data end at byte ${offset + bytes} of ${Math.max(0, dataBytes)}; the file is cut off`;
      throw badGguf(path, `tensor ${quoteName(name)}: ${problem}`);
    }
    if (offset < covered) {
      throw badGguf(path, `tensor ${quoteName(name)}: its data overlap those of another tensor`);
    }
    covered = offset + bytes;
  }
}
