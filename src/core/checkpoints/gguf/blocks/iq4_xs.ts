import { readHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { unpackNibbles } from './nibbles.js';
import { UNEVEN_LEVELS } from './uneven-levels.js';

const ELEMENTS = 256;
const GROUP_ELEMENTS = 32;
const GROUPS = ELEMENTS / GROUP_ELEMENTS;
const SCALE_ZERO = 32;
const SCALES_HIGH_AT = 2;
const SCALES_LOW_AT = 4;
const INTEGERS_AT = SCALES_LOW_AT + GROUPS / 2;

/** 256 levels out of sixteen uneven ones; groups of 32 have a scale of 6 bits, of which 32 is zero. */
export const iq4_xs = integerBlockCodec({
  type: 'IQ4_XS',
  groupElements: GROUP_ELEMENTS,
  bits: 8,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    const unit = readHalf(bytes, at);
    const highBits = bytes[at + SCALES_HIGH_AT]! | (bytes[at + SCALES_HIGH_AT + 1]! << 8);
    for (let group = 0; group < GROUPS; group++) {
      const low = (bytes[at + SCALES_LOW_AT + (group >>> 1)]! >>> (4 * (group & 1))) & 0xf;
      const high = (highBits >>> (2 * group)) & 3;
      scales[group] = unit * ((low | (high << 4)) - SCALE_ZERO);
      const first = group * GROUP_ELEMENTS;
      unpackNibbles(bytes, at + INTEGERS_AT + first / 2, GROUP_ELEMENTS / 2, integers, first);
    }
    for (let i = 0; i < ELEMENTS; i++) integers[i] = UNEVEN_LEVELS[integers[i]!]!;
  },
});
