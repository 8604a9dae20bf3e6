/** Integers whose fifth bits lie beside each other in Q5_0 and Q5_1: four bytes, the first integer in the lowest bit. */
const ELEMENTS = 32;

/** Adds the fifth bits to 32 integers that have their lower four. */
export function addFifthBits(bytes: Uint8Array, at: number, integers: Int8Array): void {
  for (let i = 0; i < ELEMENTS; i++) {
    integers[i]! |= ((bytes[at + (i >>> 3)]! >>> (i & 7)) & 1) << 4;
  }
}

/** Writes the fifth bits of 32 integers. */
export function packFifthBits(integers: Uint8Array, into: Uint8Array, at: number): void {
  into.fill(0, at, at + ELEMENTS / 8);
  for (let i = 0; i < ELEMENTS; i++) into[at + (i >>> 3)]! |= (integers[i]! >>> 4) << (i & 7);
}
