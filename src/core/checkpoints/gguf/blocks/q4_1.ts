import { readHalf, writeHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { packNibbles, unpackNibbles } from './nibbles.js';
import { quantizeFromRange } from './scale-from-range.js';

const ELEMENTS = 32;
const LARGEST = 15;
const MINIMUM_AT = 2;
const INTEGERS_AT = 4;
const levels = new Uint8Array(ELEMENTS);

/** 32 integers of 4 bits, a scale and a minimum. */
export const q4_1 = integerBlockCodec({
  type: 'Q4_1',
  groupElements: ELEMENTS,
  bits: 4,
  hasOffsets: true,
  unpack(bytes, at, { integers, scales, offsets }) {
    scales[0] = readHalf(bytes, at);
    offsets[0] = readHalf(bytes, at + MINIMUM_AT);
    unpackNibbles(bytes, at + INTEGERS_AT, ELEMENTS / 2, integers, 0);
  },
  encodeBlock(values, from, into, at) {
    const { scale, minimum } = quantizeFromRange(values, from, LARGEST, levels);
    writeHalf(scale, into, at);
    writeHalf(minimum, into, at + MINIMUM_AT);
    packNibbles(levels, 0, ELEMENTS / 2, into, at + INTEGERS_AT);
  },
});
