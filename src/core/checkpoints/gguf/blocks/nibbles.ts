/**
 * Integers of four bits, two in a byte: of `2 * half` neighbours the first half lies in the low halves of the bytes,
 * the second half in the high ones.
 */
export function unpackNibbles(
  bytes: Uint8Array,
  at: number,
  half: number,
  into: Int8Array,
  first: number,
): void {
  for (let i = 0; i < half; i++) {
    const pair = bytes[at + i]!;
    into[first + i] = pair & 0xf;
    into[first + half + i] = pair >>> 4;
  }
}

/** Writes the low four bits of `2 * half` integers, as `unpackNibbles` reads them. */
export function packNibbles(
  integers: Uint8Array,
  first: number,
  half: number,
  into: Uint8Array,
  at: number,
): void {
  for (let i = 0; i < half; i++) {
    into[at + i] = (integers[first + i]! & 0xf) | ((integers[first + half + i]! & 0xf) << 4);
  }
}
