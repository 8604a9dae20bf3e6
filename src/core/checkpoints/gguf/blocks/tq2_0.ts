import { readHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { unpackPairsOfBits } from './pairs-of-bits.js';

const ELEMENTS = 256;
const SCALE_AT = ELEMENTS / 4;
const ZERO = 1;

/** 256 ternary digits in two bits each, of which 1 is zero, and a scale. */
export const tq2_0 = integerBlockCodec({
  type: 'TQ2_0',
  groupElements: ELEMENTS,
  bits: 4,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    scales[0] = readHalf(bytes, at + SCALE_AT);
    unpackPairsOfBits(bytes, at, integers);
    for (let i = 0; i < ELEMENTS; i++) integers[i]! -= ZERO;
  },
});
