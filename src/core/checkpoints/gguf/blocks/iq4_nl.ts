import { readHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { unpackNibbles } from './nibbles.js';
import { UNEVEN_LEVELS } from './uneven-levels.js';

const ELEMENTS = 32;
const INTEGERS_AT = 2;

/** 32 levels out of sixteen uneven ones, and a scale. */
export const iq4_nl = integerBlockCodec({
  type: 'IQ4_NL',
  groupElements: ELEMENTS,
  bits: 8,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    scales[0] = readHalf(bytes, at);
    unpackNibbles(bytes, at + INTEGERS_AT, ELEMENTS / 2, integers, 0);
    for (let i = 0; i < ELEMENTS; i++) integers[i] = UNEVEN_LEVELS[integers[i]!]!;
  },
});
