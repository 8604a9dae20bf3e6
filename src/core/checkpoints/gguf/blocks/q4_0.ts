import { readHalf, writeHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { packNibbles, unpackNibbles } from './nibbles.js';
import { quantizeFromExtreme } from './scale-from-extreme.js';

const ELEMENTS = 32;
const ZERO = 8;
const INTEGERS_AT = 2;
const levels = new Uint8Array(ELEMENTS);

/** 32 integers of 4 bits, of which 8 is zero, and a scale. */
export const q4_0 = integerBlockCodec({
  type: 'Q4_0',
  groupElements: ELEMENTS,
  bits: 4,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    scales[0] = readHalf(bytes, at);
    unpackNibbles(bytes, at + INTEGERS_AT, ELEMENTS / 2, integers, 0);
    for (let i = 0; i < ELEMENTS; i++) integers[i]! -= ZERO;
  },
  encodeBlock(values, from, into, at) {
    writeHalf(quantizeFromExtreme(values, from, ZERO, levels), into, at);
    packNibbles(levels, 0, ELEMENTS / 2, into, at + INTEGERS_AT);
  },
});
