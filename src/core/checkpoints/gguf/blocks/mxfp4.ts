import { integerBlockCodec } from './integer-block-codec.js';
import { unpackNibbles } from './nibbles.js';

const ELEMENTS = 32;
const INTEGERS_AT = 1;
/**
 * Twice the values of the 4-bit floating-point format E2M1 (sign, two bits of exponent, one of fraction), of which the
 * last eight are negative (OCP Microscaling Formats 1.0, section 5.3.3).
 */
const DOUBLED_E2M1 = Int8Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);
/** Bias of the 8-bit exponent, and one more because the values are doubled. */
const EXPONENT_BIAS = 127 + 1;

/** 32 floating-point numbers of 4 bits, and a power of two. */
export const mxfp4 = integerBlockCodec({
  type: 'MXFP4',
  groupElements: ELEMENTS,
  bits: 8,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    scales[0] = 2 ** (bytes[at]! - EXPONENT_BIAS);
    unpackNibbles(bytes, at + INTEGERS_AT, ELEMENTS / 2, integers, 0);
    for (let i = 0; i < ELEMENTS; i++) integers[i] = DOUBLED_E2M1[integers[i]!]!;
  },
});
