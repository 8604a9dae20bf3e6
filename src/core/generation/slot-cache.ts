import type { ModelShape } from '../architectures/architecture.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Rooms start with as many tokens, and double. */
const SMALLEST_CAPACITY = 64;

/**
 * Keys and values of texts side by side, in host memory: for each layer and each of the two [rows, kvHeads, capacity,
 * headDimension], so that neighbouring rows are one tensor. All rows have the same capacity; it grows with the longest text,
 * since whoever attends reads all of it.
 */
export class SlotCache {
  /** Keys and values in turn, layer by layer. */
  private arrays: Float32Array[];
  private readonly heads: number;
  private readonly width: number;
  private tokens: number;

  /**
   * @param most tokens that a row is ever asked to hold
   * @throws ToolkitError `OUT_OF_RESOURCES`
   */
  constructor(
    shape: ModelShape,
    readonly rows: number,
    private readonly most: number,
  ) {
    this.heads = shape.kvHeads;
    this.width = shape.headDimension;
    this.tokens = Math.min(SMALLEST_CAPACITY, most);
    this.arrays = Array.from({ length: 2 * shape.layers }, () => this.allocate(this.tokens));
  }

  /** Tokens that each row has room for at the moment. */
  get capacity(): number {
    return this.tokens;
  }

  /** Values that one token takes in one array of a row. */
  get placeSize(): number {
    return this.heads * this.width;
  }

  /**
   * Makes room for `length` tokens, at most as many as were said to be the most.
   *
   * @throws ToolkitError `OUT_OF_RESOURCES`, with everything as it was
   */
  reserve(length: number): void {
    if (length <= this.tokens) return;
    let capacity = this.tokens;
    while (capacity < length) capacity *= 2;
    capacity = Math.min(capacity, this.most);
    const [narrow, wide] = [this.tokens * this.width, capacity * this.width];
    // One after the other, so that no more than one of them is there twice.
    const heads = this.rows * this.heads;
    let done = 0;
    try {
      for (; done < this.arrays.length; done++) {
        const [old, grown] = [this.arrays[done]!, this.allocate(capacity)];
        for (let head = 0; head < heads; head++) {
          grown.set(old.subarray(head * narrow, (head + 1) * narrow), head * wide);
        }
        this.arrays[done] = grown;
      }
    } catch (error) {
      // Those that have grown are drawn together again where they lie: other texts go on with them.
      for (let index = 0; index < done; index++) {
        const grown = this.arrays[index]!;
        for (let head = 1; head < heads; head++) {
          grown.copyWithin(head * narrow, head * wide, head * wide + narrow);
        }
        this.arrays[index] = grown.subarray(0, heads * narrow);
      }
      throw error;
    }
    this.tokens = capacity;
  }

  /** Keys (`index` 2 × layer) or values (one more) of `count` rows from the first, [count, kvHeads, capacity, width]. */
  view(index: number, first: number, count: number): Float32Array {
    const row = this.heads * this.tokens * this.width;
    return this.arrays[index]!.subarray(first * row, (first + count) * row);
  }

  /**
   * Puts new keys or values into a row.
   *
   * @param fresh [count, kvHeads, length, width]
   * @param source which of its rows
   * @param start position of the first of them
   */
  write(
    index: number,
    row: number,
    start: number,
    fresh: Float32Array,
    source: number,
    length: number,
  ): void {
    const { heads, width } = this;
    for (let head = 0; head < heads; head++) {
      const from = (source * heads + head) * length * width;
      this.arrays[index]!.set(
        fresh.subarray(from, from + length * width),
        this.place(row, head) + start * width,
      );
    }
  }

  /**
   * Copies the first `length` tokens of a row of a cache, which may be this one, over those of a row of this one; both have
   * room for them.
   */
  copyFrom(source: SlotCache, from: number, to: number, length: number): void {
    for (const [index, data] of this.arrays.entries()) {
      for (let head = 0; head < this.heads; head++) {
        const start = source.place(from, head);
        const tokens = source.arrays[index]!.subarray(start, start + length * this.width);
        data.set(tokens, this.place(to, head));
      }
    }
  }

  /** Exchanges the first `length` tokens of two rows. */
  swap(a: number, b: number, length: number): void {
    for (const data of this.arrays) {
      for (let head = 0; head < this.heads; head++) {
        const [one, other] = [this.place(a, head), this.place(b, head)];
        const kept = data.slice(one, one + length * this.width);
        data.copyWithin(one, other, other + length * this.width);
        data.set(kept, other);
      }
    }
  }

  /** Where a head of a row begins. */
  private place(row: number, head: number): number {
    return (row * this.heads + head) * this.tokens * this.width;
  }

  private allocate(capacity: number): Float32Array {
    try {
      return new Float32Array(this.rows * this.heads * capacity * this.width);
    } catch (error) {
      throw new ToolkitError(
        `there is no memory for ${this.rows} texts of ${capacity} tokens`,
        'OUT_OF_RESOURCES',
        'Serve fewer texts at once (--slots) or shorter ones (--context).',
        error,
      );
    }
  }
}
