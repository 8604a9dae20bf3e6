import { readHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { unpackPairsOfBits } from './pairs-of-bits.js';

const ELEMENTS = 256;
const GROUP_ELEMENTS = 16;
const GROUPS = ELEMENTS / GROUP_ELEMENTS;
const INTEGERS_AT = GROUPS;
const SCALE_UNIT_AT = INTEGERS_AT + ELEMENTS / 4;
const MINIMUM_UNIT_AT = SCALE_UNIT_AT + 2;

/** 256 integers of 2 bits; groups of 16 have a scale and a minimum of 4 bits. */
export const q2_k = integerBlockCodec({
  type: 'Q2_K',
  groupElements: GROUP_ELEMENTS,
  bits: 4,
  hasOffsets: true,
  unpack(bytes, at, { integers, scales, offsets }) {
    const scaleUnit = readHalf(bytes, at + SCALE_UNIT_AT);
    const minimumUnit = readHalf(bytes, at + MINIMUM_UNIT_AT);
    for (let group = 0; group < GROUPS; group++) {
      const packed = bytes[at + group]!;
      scales[group] = scaleUnit * (packed & 0xf);
      offsets[group] = -(minimumUnit * (packed >>> 4));
    }
    unpackPairsOfBits(bytes, at + INTEGERS_AT, integers);
  },
});
