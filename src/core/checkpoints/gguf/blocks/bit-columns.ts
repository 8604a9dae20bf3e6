const COLUMNS = 32;

/**
 * Adds to 256 integers a bit each, out of 32 bytes: byte i has those of the integers at i, i + 32, i + 64, …, the first in
 * the lowest bit.
 * @param place of the bit in the integers
 */
export function addBitColumns(bytes: Uint8Array, at: number, place: number, integers: Int8Array): void {
  for (let row = 0; row < 8; row++) {
    for (let i = 0; i < COLUMNS; i++) {
      integers[row * COLUMNS + i]! |= ((bytes[at + i]! >>> row) & 1) << place;
    }
  }
}

/** Writes one bit of each of 256 integers below 2^(place + 1), as `addBitColumns` reads them. */
export function packBitColumns(integers: Uint8Array, place: number, into: Uint8Array, at: number): void {
  into.fill(0, at, at + COLUMNS);
  for (let row = 0; row < 8; row++) {
    for (let i = 0; i < COLUMNS; i++) into[at + i]! |= (integers[row * COLUMNS + i]! >>> place) << row;
  }
}
