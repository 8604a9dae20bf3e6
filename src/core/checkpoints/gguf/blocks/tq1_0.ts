import { readHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';

const ELEMENTS = 256;
/** Runs of bytes, and the digits that each byte of them has: 32 * 5 + 16 * 5 + 4 * 4 values. */
const RUNS = [
  { bytes: 32, digits: 5 },
  { bytes: 16, digits: 5 },
  { bytes: 4, digits: 4 },
];
const SCALE_AT = 52;
const ZERO = 1;

/** 256 ternary digits, five in a byte, of which 1 is zero, and a scale. */
export const tq1_0 = integerBlockCodec({
  type: 'TQ1_0',
  groupElements: ELEMENTS,
  bits: 4,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    scales[0] = readHalf(bytes, at + SCALE_AT);
    let [element, start] = [0, at];
    for (const run of RUNS) {
      // A byte is a fraction of 256. Times a power of three, less the whole, it starts with a later digit.
      for (let digit = 0, power = 1; digit < run.digits; digit++, power *= 3) {
        for (let i = 0; i < run.bytes; i++) {
          const fraction = (bytes[start + i]! * power) & 0xff;
          integers[element++] = ((fraction * 3) >>> 8) - ZERO;
        }
      }
      start += run.bytes;
    }
  },
});
