/** Turns a counter into well-mixed words, to seed the generator (the 32-bit finaliser of MurmurHash3, Appleby 2011). */
function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The golden ratio as a 32-bit fraction: successive multiples are spread evenly. */
const GOLDEN_RATIO = 0x9e3779b9;

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/**
 * A seeded generator of random numbers: xoshiro128** 1.1 (Blackman and Vigna 2018, arXiv 1805.01407, public domain).
 * Equal seeds give equal numbers on every machine.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seeds any integers, e.g. a seed and an epoch; every list of them starts another sequence */
  constructor(...seeds: readonly number[]) {
    let state = 0;
    for (const seed of seeds) {
      // Seeds above 2^32 count in full: both halves go in.
      state = mix(state + Math.imul(seed >>> 0, GOLDEN_RATIO) + 1);
      state = mix(state + Math.floor(seed / 2 ** 32) + GOLDEN_RATIO);
    }
    [this.a, this.b, this.c, this.d] = [1, 2, 3, 4].map((index) =>
      mix(state + Math.imul(index, GOLDEN_RATIO)),
    ) as [number, number, number, number];
  }

  /** A generator in a known state, as the reference implementation is tested. */
  static fromState(a: number, b: number, c: number, d: number): Random {
    const random = new Random(0);
    [random.a, random.b, random.c, random.d] = [a, b, c, d];
    return random;
  }

  /** An integer from 0 to 2^32 - 1. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotateLeft(this.d, 11);
    return result;
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** A number from the standard normal distribution (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** An integer from 0 to `bound` - 1, each as likely as any other. */
  integer(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Shuffles in place (Fisher and Yates) and returns the array. */
  shuffle<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      [items[last], items[other]] = [items[other]!, items[last]!];
    }
    return items;
  }
}
