import { readHalf, writeHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { nearestInteger } from './nearest-integer.js';
import { GROUP_ELEMENTS, searchSymmetricScale, ZERO_BELOW } from './symmetric-search.js';

const ELEMENTS = 256;
const GROUPS = ELEMENTS / GROUP_ELEMENTS;
const ZERO = 32;
/** Scales are signed bytes; the largest one becomes -128. */
const LARGEST_SCALE = 127;
const HIGH_BITS_AT = ELEMENTS / 2;
const SCALES_AT = HIGH_BITS_AT + ELEMENTS / 4;
const UNIT_AT = SCALES_AT + GROUPS;

/** Each half of a block is packed for itself: 64 bytes of lower four bits, 32 of upper two. */
const HALF_ELEMENTS = 128;
const COLUMNS = 32;

const levels = new Uint8Array(ELEMENTS);
const searched = new Float32Array(GROUPS);

/** 256 integers of 6 bits, of which 32 is zero; groups of 16 have a scale of 8 bits. */
export const q6_k = integerBlockCodec({
  type: 'Q6_K',
  groupElements: GROUP_ELEMENTS,
  bits: 8,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    const unit = readHalf(bytes, at + UNIT_AT);
    for (let group = 0; group < GROUPS; group++) {
      scales[group] = unit * ((bytes[at + SCALES_AT + group]! << 24) >> 24);
    }
    for (let first = 0; first < ELEMENTS; first += HALF_ELEMENTS) {
      const low = at + first / 2;
      const high = at + HIGH_BITS_AT + first / 4;
      for (let i = 0; i < COLUMNS; i++) {
        const even = bytes[low + i]!;
        const odd = bytes[low + COLUMNS + i]!;
        const upper = bytes[high + i]!;
        integers[first + i] = ((even & 0xf) | ((upper & 3) << 4)) - ZERO;
        integers[first + COLUMNS + i] = ((odd & 0xf) | (((upper >>> 2) & 3) << 4)) - ZERO;
        integers[first + 2 * COLUMNS + i] = ((even >>> 4) | (((upper >>> 4) & 3) << 4)) - ZERO;
        integers[first + 3 * COLUMNS + i] = ((odd >>> 4) | ((upper >>> 6) << 4)) - ZERO;
      }
    }
  },
  encodeBlock(values, from, into, at) {
    let largest = 0;
    for (let group = 0; group < GROUPS; group++) {
      const first = group * GROUP_ELEMENTS;
      const scale = searchSymmetricScale(values, from + first, ZERO, levels, first);
      searched[group] = scale;
      if (Math.abs(scale) > Math.abs(largest)) largest = scale;
    }
    if (Math.abs(largest) < ZERO_BELOW) {
      into.fill(0, at, at + UNIT_AT + 2);
      return;
    }
    const inverse = Math.fround(-(LARGEST_SCALE + 1) / largest);
    const unit = writeHalf(Math.fround(1 / inverse), into, at + UNIT_AT);
    for (let group = 0; group < GROUPS; group++) {
      const packed = Math.min(LARGEST_SCALE, nearestInteger(Math.fround(inverse * searched[group]!)));
      into[at + SCALES_AT + group] = packed;
      roundToLevels(values, from, group * GROUP_ELEMENTS, Math.fround(unit * packed));
    }
    packLevels(into, at);
  },
});

function roundToLevels(values: Float32Array, from: number, first: number, scale: number): void {
  // With no scale left the integers do not matter; the reference keeps those of the search.
  if (scale === 0) return;
  for (let i = first; i < first + GROUP_ELEMENTS; i++) {
    const level = nearestInteger(Math.fround(values[from + i]! / scale));
    levels[i] = Math.max(-ZERO, Math.min(ZERO - 1, level)) + ZERO;
  }
}

function packLevels(into: Uint8Array, at: number): void {
  for (let first = 0; first < ELEMENTS; first += HALF_ELEMENTS) {
    const low = at + first / 2;
    const high = at + HIGH_BITS_AT + first / 4;
    for (let i = 0; i < COLUMNS; i++) {
      const one = levels[first + i]!;
      const two = levels[first + COLUMNS + i]!;
      const three = levels[first + 2 * COLUMNS + i]!;
      const four = levels[first + 3 * COLUMNS + i]!;
      into[low + i] = (one & 0xf) | ((three & 0xf) << 4);
      into[low + COLUMNS + i] = (two & 0xf) | ((four & 0xf) << 4);
      into[high + i] = (one >>> 4) | ((two >>> 4) << 2) | ((three >>> 4) << 4) | ((four >>> 4) << 6);
    }
  }
}
