/** Numbers that are added up: 256 MB, more than any cache. */
const NUMBERS = 2 ** 26;
const RUNS = 3;

/**
 * Bytes per second that one thread copies, each byte read and written once: about what one thread reaches when it streams
 * weights through. Takes a quarter of a second and 512 MB.
 *
 * @param now milliseconds from any start
 */
export function measureCopyRate(now: () => number): number {
  const source = new Float32Array(NUMBERS).fill(1);
  const target = new Float32Array(NUMBERS);
  let shortest = Infinity;
  for (let run = 0; run <= RUNS; run++) {
    const start = now();
    target.set(source);
    if (run > 0) shortest = Math.min(shortest, now() - start);
  }
  return (2 * source.byteLength * 1000) / shortest;
}
