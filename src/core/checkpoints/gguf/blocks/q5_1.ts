import { addFifthBits, packFifthBits } from './fifth-bits.js';
import { readHalf, writeHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { packNibbles, unpackNibbles } from './nibbles.js';
import { quantizeFromRange } from './scale-from-range.js';

const ELEMENTS = 32;
const LARGEST = 31;
const MINIMUM_AT = 2;
const FIFTH_BITS_AT = 4;
const INTEGERS_AT = 8;
const levels = new Uint8Array(ELEMENTS);

/** 32 integers of 5 bits, a scale and a minimum. */
export const q5_1 = integerBlockCodec({
  type: 'Q5_1',
  groupElements: ELEMENTS,
  bits: 8,
  hasOffsets: true,
  unpack(bytes, at, { integers, scales, offsets }) {
    scales[0] = readHalf(bytes, at);
    offsets[0] = readHalf(bytes, at + MINIMUM_AT);
    unpackNibbles(bytes, at + INTEGERS_AT, ELEMENTS / 2, integers, 0);
    addFifthBits(bytes, at + FIFTH_BITS_AT, integers);
  },
  encodeBlock(values, from, into, at) {
    const { scale, minimum } = quantizeFromRange(values, from, LARGEST, levels);
    writeHalf(scale, into, at);
    writeHalf(minimum, into, at + MINIMUM_AT);
    packFifthBits(levels, into, at + FIFTH_BITS_AT);
    packNibbles(levels, 0, ELEMENTS / 2, into, at + INTEGERS_AT);
  },
});
