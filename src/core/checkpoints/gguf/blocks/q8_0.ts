import { readHalf, writeHalf } from './half-scale.js';
import { integerBlockCodec } from './integer-block-codec.js';

const ELEMENTS = 32;
const LARGEST = 127;
const INTEGERS_AT = 2;

/** 32 signed bytes and a scale. */
export const q8_0 = integerBlockCodec({
  type: 'Q8_0',
  groupElements: ELEMENTS,
  bits: 8,
  hasOffsets: false,
  unpack(bytes, at, { integers, scales }) {
    scales[0] = readHalf(bytes, at);
    for (let i = 0; i < ELEMENTS; i++) integers[i] = bytes[at + INTEGERS_AT + i]!;
  },
  encodeBlock(values, from, into, at) {
    let largest = 0;
    for (let i = 0; i < ELEMENTS; i++) {
      const magnitude = Math.abs(values[from + i]!);
      if (magnitude > largest) largest = magnitude;
    }
    const scale = Math.fround(largest / LARGEST);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    writeHalf(scale, into, at);
    for (let i = 0; i < ELEMENTS; i++) {
      const scaled = Math.fround(values[from + i]! * inverse);
      // Halves go away from zero here, where the other types round them otherwise.
      const magnitude = Math.floor(Math.abs(scaled) + 0.5);
      into[at + INTEGERS_AT + i] = scaled < 0 ? -magnitude : magnitude;
    }
  },
});
