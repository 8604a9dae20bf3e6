import { addBitColumns, packBitColumns } from './bit-columns.js';
import { integerBlockCodec } from './integer-block-codec.js';
import { GROUP_ELEMENTS, type Search } from './minimum-search.js';
import { packNibbles, unpackNibbles } from './nibbles.js';
import { HEADER_BYTES, quantizeWithMinimums, readScalesAndMinimums } from './scales-with-minimums.js';

const ELEMENTS = 256;
const FIFTH_BITS_AT = HEADER_BYTES;
const INTEGERS_AT = FIFTH_BITS_AT + ELEMENTS / 8;
const SEARCH: Search = { largest: 31, firstShift: -0.5, steps: 15 };
const levels = new Uint8Array(ELEMENTS);

/** 256 integers of 5 bits; groups of 32 have a scale and a minimum of 6 bits. */
export const q5_k = integerBlockCodec({
  type: 'Q5_K',
  groupElements: GROUP_ELEMENTS,
  bits: 8,
  hasOffsets: true,
  unpack(bytes, at, { integers, scales, offsets }) {
    readScalesAndMinimums(bytes, at, scales, offsets);
    for (let first = 0; first < ELEMENTS; first += 2 * GROUP_ELEMENTS) {
      unpackNibbles(bytes, at + INTEGERS_AT + first / 2, GROUP_ELEMENTS, integers, first);
    }
    addBitColumns(bytes, at + FIFTH_BITS_AT, 4, integers);
  },
  encodeBlock(values, from, into, at) {
    quantizeWithMinimums(values, from, SEARCH, levels, into, at);
    for (let first = 0; first < ELEMENTS; first += 2 * GROUP_ELEMENTS) {
      packNibbles(levels, first, GROUP_ELEMENTS, into, at + INTEGERS_AT + first / 2);
    }
    packBitColumns(levels, 4, into, at + FIFTH_BITS_AT);
  },
});
