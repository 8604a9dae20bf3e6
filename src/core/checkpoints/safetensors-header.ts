import { ToolkitError } from '../errors/toolkit-error.js';
import { duplicateJsonKey } from './duplicate-json-key.js';
import { isJsonObject, type JsonObject } from './json-file.js';
import { quoteName } from './quote-name.js';
import { describeShape } from './tensor-source.js';

/** Bits per element of every type the format knows (safetensors 0.8). */
const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** Element type of a stored tensor, as the format names it. */
export type SafetensorsDtype = keyof typeof DTYPE_BITS;

/** Bits of one element. */
export function elementBits(dtype: SafetensorsDtype): number {
  return DTYPE_BITS[dtype];
}

/** Where and how a tensor lies in its file. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Bytes from the start of the data, that is from the end of the header. */
  readonly offset: number;
  readonly bytes: number;
}

/** A checked header: the tensors cover the data without overlap or hole. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
}

/** The one name in a header that is not a tensor's. */
export const METADATA_KEY = '__metadata__';

/** The error for a damaged or hostile file: what is wrong, and with which tensor. */
export function badSafetensors(path: string, problem: string, cause?: unknown): ToolkitError {
  return new ToolkitError(
    `${path}: ${problem}`,
    'BAD_CHECKPOINT',
    'The file is damaged or is not a safetensors file; get it again.',
    cause,
  );
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseEntry(path: string, name: string, info: unknown): SafetensorsEntry {
  const fail = (problem: string): never => {
    throw badSafetensors(path, `tensor ${quoteName(name)}: ${problem}`);
  };
  if (!isJsonObject(info)) return fail('its description is not a JSON object');
  const { dtype, shape, data_offsets: offsets } = info;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BITS, dtype)) {
    return fail(`unknown element type ${quoteName(String(dtype))}`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) return fail('its shape is not a list of sizes');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail('its data_offsets are not two byte offsets');
  }
  const [begin, end] = offsets as [number, number];
  let bits: number = DTYPE_BITS[dtype as SafetensorsDtype];
  for (const size of shape) {
    bits *= size;
    if (!Number.isSafeInteger(bits)) return fail(`shape ${describeShape(shape)} is larger than any file`);
  }
  if (bits !== (end - begin) * 8) {
    return fail(
      `${dtype} ${describeShape(shape)} takes ${bits / 8} bytes, its data_offsets span ${end - begin}`,
    );
  }
  return { dtype: dtype as SafetensorsDtype, shape, offset: begin, bytes: end - begin };
}

function parseMetadata(path: string, metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  if (isJsonObject(metadata) && Object.values(metadata).every((value) => typeof value === 'string')) {
    return metadata as Record<string, string>;
  }
  throw badSafetensors(path, `${METADATA_KEY} does not map names to texts`);
}

function parseJson(path: string, bytes: Uint8Array): JsonObject {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw badSafetensors(path, 'the header is not UTF-8 JSON', cause);
  }
  if (!isJsonObject(value)) throw badSafetensors(path, 'the header is not a JSON object');
  const duplicate = duplicateJsonKey(text);
  if (duplicate !== undefined) throw badSafetensors(path, `the header holds ${quoteName(duplicate)} twice`);
  return value;
}

/**
 * Parses and checks a header as strictly as the reference implementation.
 * @param path named in errors
 * @param bytes the JSON text, without the length before it
 * @param dataBytes bytes of the file after the header
 * @throws BAD_CHECKPOINT
 */
export function parseSafetensorsHeader(
  path: string,
  bytes: Uint8Array,
  dataBytes: number,
): SafetensorsHeader {
  const json = parseJson(path, bytes);
  const entries = Object.entries(json)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, info]) => [name, parseEntry(path, name, info)] as const)
    .sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes);

  let covered = 0;
  for (const [name, { offset, bytes }] of entries) {
    if (offset + bytes > dataBytes) {
      const problem = `tensor ${quoteName(name)}: its data end at byte ${offset + bytes} of ${dataBytes}`;
      throw badSafetensors(path, `${problem}; the file is cut off`);
    }
    if (offset !== covered) {
      const problem =
        offset < covered ? 'its data overlap those of another tensor' : 'a hole lies before its data';
      throw badSafetensors(path, `tensor ${quoteName(name)}: ${problem}`);
    }
    covered += bytes;
  }
  if (covered !== dataBytes) throw badSafetensors(path, `${dataBytes - covered} bytes after the last tensor`);
  return { metadata: parseMetadata(path, json[METADATA_KEY]), tensors: new Map(entries) };
}

/**
 * Lays a header out as the reference implementation does: metadata first, tensors in the order of their data, padded
 * with spaces to a multiple of 8 bytes so that the data start aligned.
 * @returns the length (8 bytes, little-endian) and the JSON text
 */
export function formatSafetensorsHeader(
  metadata: Readonly<Record<string, string>> | undefined,
  tensors: Iterable<readonly [string, SafetensorsEntry]>,
): Uint8Array {
  // Joined by hand, since a JavaScript object would move names that look like numbers to the front.
  const members = metadata === undefined ? [] : [`"${METADATA_KEY}":${JSON.stringify(metadata)}`];
  for (const [name, { dtype, shape, offset, bytes }] of tensors) {
    const info = { dtype, shape, data_offsets: [offset, offset + bytes] };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}
