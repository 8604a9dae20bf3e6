import { readHalf, writeHalf } from './half-scale.js';
import { GROUP_ELEMENTS, searchScaleAndMinimum, type Search } from './minimum-search.js';
import { nearestInteger } from './nearest-integer.js';

/**
 * The first 16 bytes of Q4_K and Q5_K: a float16 each that all scales and all minimums of the block are multiples of,
 * then, for eight groups, a scale and a minimum of six bits each. Bytes 0–3 have the scales of groups 0–3, bytes 4–7
 * their minimums; of groups 4–7 the lower four bits are in bytes 8–11, the upper two are the upper two of bytes 0–7.
 */
export const HEADER_BYTES = 16;

const GROUPS = 8;
const MINIMUM_UNIT_AT = 2;
const PACKED_AT = 4;
const LARGEST_SIX_BITS = 63;

/** Reads scales and offsets (minimums with the sign turned) of the eight groups. */
export function readScalesAndMinimums(
  bytes: Uint8Array,
  at: number,
  scales: Float32Array,
  offsets: Float32Array,
): void {
  const scaleUnit = readHalf(bytes, at);
  const minimumUnit = readHalf(bytes, at + MINIMUM_UNIT_AT);
  for (let group = 0; group < GROUPS; group++) {
    scales[group] = scaleUnit * packedScale(bytes, at + PACKED_AT, group);
    offsets[group] = -(minimumUnit * packedMinimum(bytes, at + PACKED_AT, group));
  }
}

function packedScale(bytes: Uint8Array, at: number, group: number): number {
  return group < 4
    ? bytes[at + group]! & 0x3f
    : (bytes[at + group + 4]! & 0xf) | ((bytes[at + group - 4]! >>> 6) << 4);
}

function packedMinimum(bytes: Uint8Array, at: number, group: number): number {
  return group < 4
    ? bytes[at + group + 4]! & 0x3f
    : (bytes[at + group + 4]! >>> 4) | ((bytes[at + group]! >>> 6) << 4);
}

function pack(scale: number, minimum: number, into: Uint8Array, at: number, group: number): void {
  if (group < 4) {
    into[at + group] = scale;
    into[at + group + 4] = minimum;
  } else {
    into[at + group + 4] = (scale & 0xf) | ((minimum & 0xf) << 4);
    into[at + group - 4]! |= (scale >>> 4) << 6;
    into[at + group]! |= (minimum >>> 4) << 6;
  }
}

const scales = new Float32Array(GROUPS);
const minimums = new Float32Array(GROUPS);

/**
 * Quantizes a block of 256 values, writing its first 16 bytes.
 * @param levels receives the integers, 0 … `search.largest`
 */
export function quantizeWithMinimums(
  values: Float32Array,
  from: number,
  search: Search,
  levels: Uint8Array,
  into: Uint8Array,
  at: number,
): void {
  let largestScale = 0;
  let largestMinimum = 0;
  for (let group = 0; group < GROUPS; group++) {
    const first = group * GROUP_ELEMENTS;
    searchScaleAndMinimum(values, from + first, search, levels, first, scales, minimums, group);
    largestScale = Math.max(largestScale, scales[group]!);
    largestMinimum = Math.max(largestMinimum, minimums[group]!);
  }
  const scaleUnit = writeHalf(Math.fround(largestScale / LARGEST_SIX_BITS), into, at);
  const minimumUnit = writeHalf(Math.fround(largestMinimum / LARGEST_SIX_BITS), into, at + MINIMUM_UNIT_AT);
  const scaleInverse = largestScale > 0 ? Math.fround(LARGEST_SIX_BITS / largestScale) : 0;
  const minimumInverse = largestMinimum > 0 ? Math.fround(LARGEST_SIX_BITS / largestMinimum) : 0;
  for (let group = 0; group < GROUPS; group++) {
    const packedScale = sixBits(scaleInverse, scales[group]!);
    const packedMinimum = sixBits(minimumInverse, minimums[group]!);
    pack(packedScale, packedMinimum, into, at + PACKED_AT, group);
    const scale = Math.fround(scaleUnit * packedScale);
    // With no scale left the integers do not matter; the reference keeps those of the search.
    if (scale === 0) continue;
    const minimum = Math.fround(minimumUnit * packedMinimum);
    roundToLevels(values, from, group * GROUP_ELEMENTS, scale, minimum, search.largest, levels);
  }
}

function sixBits(inverse: number, value: number): number {
  // A scale can come out negative; the reference takes the low byte of the integer for it.
  return Math.min(LARGEST_SIX_BITS, nearestInteger(Math.fround(inverse * value)) & 0xff);
}

function roundToLevels(
  values: Float32Array,
  from: number,
  first: number,
  scale: number,
  minimum: number,
  largest: number,
  levels: Uint8Array,
): void {
  for (let i = first; i < first + GROUP_ELEMENTS; i++) {
    const level = nearestInteger(Math.fround(Math.fround(values[from + i]! + minimum) / scale));
    levels[i] = level < 0 ? 0 : level > largest ? largest : level;
  }
}
