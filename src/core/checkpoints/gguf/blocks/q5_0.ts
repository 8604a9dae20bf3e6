import { addFifthBits, packFifthBits } from './fifth-bits.js';
import { readHalf, writeHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { packNibbles, unpackNibbles } from './nibbles.js';
import { quantizeFromExtreme } from './scale-from-extreme.js';

const ELEMENTS = 32;
const ZERO = 16;
const FIFTH_BITS_AT = 2;
const INTEGERS_AT = 6;
const levels = new Uint8Array(ELEMENTS);

/** 32 integers of 5 bits, of which 16 is zero, and a scale. */
export const q5_0 = integerBlockCodec({
  type: 'Q5_0',
  groupElements: ELEMENTS,
  bits: 8,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    scales[0] = readHalf(bytes, at);
    unpackNibbles(bytes, at + INTEGERS_AT, ELEMENTS / 2, integers, 0);
    addFifthBits(bytes, at + FIFTH_BITS_AT, integers);
    for (let i = 0; i < ELEMENTS; i++) integers[i]! -= ZERO;
  },
  encodeBlock(values, from, into, at) {
    writeHalf(quantizeFromExtreme(values, from, ZERO, levels), into, at);
    packFifthBits(levels, into, at + FIFTH_BITS_AT);
    packNibbles(levels, 0, ELEMENTS / 2, into, at + INTEGERS_AT);
  },
});
