const ELEMENTS = 256;
/** Values that 32 bytes hold, four each. */
const SECTION_ELEMENTS = 128;
const COLUMNS = 32;

/**
 * Integers of two bits, 256 in 64 bytes: of each 128 values, byte i has those at i, i + 32, i + 64 and i + 96, the first
 * in the lowest bits.
 */
export function unpackPairsOfBits(bytes: Uint8Array, at: number, into: Int8Array): void {
  for (let first = 0; first < ELEMENTS; first += COLUMNS) {
    const start = at + COLUMNS * Math.floor(first / SECTION_ELEMENTS);
    const shift = (2 * (first % SECTION_ELEMENTS)) / COLUMNS;
    for (let i = 0; i < COLUMNS; i++) into[first + i] = (bytes[start + i]! >>> shift) & 3;
  }
}
