import { addBitColumns } from './bit-columns.js';
import { readHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { unpackPairsOfBits } from './pairs-of-bits.js';

const ELEMENTS = 256;
const GROUP_ELEMENTS = 16;
const GROUPS = ELEMENTS / GROUP_ELEMENTS;
const ZERO = 4;
const SCALE_ZERO = 32;
/** After the highest bits. */
const INTEGERS_AT = ELEMENTS / 8;
const SCALES_AT = INTEGERS_AT + ELEMENTS / 4;
const SCALES_HIGH_AT = SCALES_AT + GROUPS / 2;
const UNIT_AT = SCALES_HIGH_AT + GROUPS / 4;

/** 256 integers of 3 bits, of which 4 is zero; groups of 16 have a scale of 6 bits, of which 32 is zero. */
export const q3_k = integerBlockCodec({
  type: 'Q3_K',
  groupElements: GROUP_ELEMENTS,
  bits: 4,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    const unit = readHalf(bytes, at + UNIT_AT);
    for (let group = 0; group < GROUPS; group++) {
      const pair = bytes[at + SCALES_AT + (group % 8)]!;
      const low = group < 8 ? pair & 0xf : pair >>> 4;
      const high = (bytes[at + SCALES_HIGH_AT + (group % 4)]! >>> (2 * (group >>> 2))) & 3;
      scales[group] = unit * ((low | (high << 4)) - SCALE_ZERO);
    }
    unpackPairsOfBits(bytes, at + INTEGERS_AT, integers);
    addBitColumns(bytes, at, 2, integers);
    for (let i = 0; i < ELEMENTS; i++) integers[i]! -= ZERO;
  },
});
