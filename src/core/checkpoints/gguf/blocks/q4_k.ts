import { integerBlockCodec } from './integer-block-codec.js';
import { GROUP_ELEMENTS, type Search } from './minimum-search.js';
import { packNibbles, unpackNibbles } from './nibbles.js';
import { HEADER_BYTES, quantizeWithMinimums, readScalesAndMinimums } from './scales-with-minimums.js';

const ELEMENTS = 256;
const SEARCH: Search = { largest: 15, firstShift: -1, steps: 20 };
const levels = new Uint8Array(ELEMENTS);

/** 256 integers of 4 bits; groups of 32 have a scale and a minimum of 6 bits. */
export const q4_k = integerBlockCodec({
  type: 'Q4_K',
  groupElements: GROUP_ELEMENTS,
  bits: 4,
  hasOffsets: true,
  unpack(bytes, at, { integers, scales, offsets }) {
    readScalesAndMinimums(bytes, at, scales, offsets);
    for (let first = 0; first < ELEMENTS; first += 2 * GROUP_ELEMENTS) {
      unpackNibbles(bytes, at + HEADER_BYTES + first / 2, GROUP_ELEMENTS, integers, first);
    }
  },
  encodeBlock(values, from, into, at) {
    quantizeWithMinimums(values, from, SEARCH, levels, into, at);
    for (let first = 0; first < ELEMENTS; first += 2 * GROUP_ELEMENTS) {
      packNibbles(levels, first, GROUP_ELEMENTS, into, at + HEADER_BYTES + first / 2);
    }
  },
});
