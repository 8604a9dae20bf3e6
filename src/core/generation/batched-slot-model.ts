import type { Cell, Engine, Executable, TensorData } from '../engine/engine.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { AdaptedModel } from './generation-program.js';
import { KeyValueCache, pastName, presentName } from './key-value-cache.js';
import type { FixedWeights } from './fixed-weights.js';
import { slotProgram } from './slot-program.js';
import type { SlotModel } from './slot-model.js';

/** A longer piece gains no speed, and its attention scores take heads × length × capacity numbers. */
const LARGEST_READ = 512;

/** Rows of the caches that a run works on. */
interface CacheRows {
  readonly past: Readonly<Record<string, Cell>>;
  readonly present: Readonly<Record<string, Cell>>;
}

/** Numbers of tokens and rooms for them. */
export interface SlotSettings {
  readonly slots: number;
  /** Tokens in each slot at most. */
  readonly capacity: number;
}

/**
 * Slots side by side in one cache in host memory. A run works on neighbouring rows of it, in place: slots that are
 * continued together are moved next to each other first, which is needed only when a text joins or leaves.
 */
export class BatchedSlotModel implements SlotModel {
  readonly largestRead = LARGEST_READ;
  readonly slots: number;
  readonly capacity: number;
  private readonly held: number[][];
  /** Row of the cache that each slot has. */
  private readonly rowOf: number[];
  private readonly views = new Map<string, CacheRows>();
  private readonly layers: number;

  private constructor(
    private readonly executable: Executable,
    private readonly cache: KeyValueCache,
    { slots, capacity }: SlotSettings,
    layers: number,
  ) {
    this.slots = slots;
    this.capacity = capacity;
    this.layers = layers;
    this.held = Array.from({ length: slots }, () => []);
    this.rowOf = [...this.held.keys()];
  }

  /**
   * @param engine one whose cells are in host memory
   * @throws ToolkitError `ENGINE` for another
   */
  static async create(
    engine: Engine,
    adapted: AdaptedModel,
    weights: FixedWeights,
    settings: SlotSettings,
  ): Promise<BatchedSlotModel> {
    const { model } = adapted;
    const cache = await KeyValueCache.create(engine, model, settings.slots, settings.capacity);
    if (Object.values(cache.past).some(({ data }) => data === undefined)) {
      cache.dispose();
      throw new ToolkitError(`slots need host memory; ${engine.name} computes on ${engine.device}`, 'ENGINE');
    }
    try {
      const executable = await engine.compile(slotProgram(adapted, weights, settings.capacity));
      return new BatchedSlotModel(executable, cache, settings, model.shape.layers);
    } catch (error) {
      cache.dispose();
      throw error;
    }
  }

  tokensOf(slot: number): readonly number[] {
    return this.held[slot]!;
  }

  truncate(slot: number, length: number): void {
    const tokens = this.held[slot]!;
    tokens.length = Math.min(tokens.length, length);
  }

  copy(from: number, to: number, length: number): void {
    this.forEachPlace((data, place) => {
      const [source, target] = [place(this.rowOf[from]!), place(this.rowOf[to]!)];
      for (let head = 0; head < source.heads; head++) {
        const start = source.start + head * source.stride;
        data.copyWithin(target.start + head * target.stride, start, start + length * source.width);
      }
    });
    this.held[to] = this.held[from]!.slice(0, length);
  }

  async read(slot: number, tokens: readonly number[]): Promise<Float32Array> {
    const { logits } = await this.run([slot], [tokens]);
    return logits!;
  }

  async step(next: readonly { readonly slot: number; readonly token: number }[]): Promise<Float32Array[]> {
    const first = this.bringTogether(next.map(({ slot }) => slot));
    const inOrder = [...next].sort((a, b) => this.rowOf[a.slot]! - this.rowOf[b.slot]!);
    const { logits } = await this.run(
      inOrder.map(({ slot }) => slot),
      inOrder.map(({ token }) => [token]),
    );
    const vocabulary = logits!.length / next.length;
    return next.map(({ slot }) => {
      const row = this.rowOf[slot]! - first;
      return logits!.subarray(row * vocabulary, (row + 1) * vocabulary);
    });
  }

  async embed(slot: number, tokens: readonly number[]): Promise<Float32Array> {
    let sum: Float32Array | undefined;
    this.truncate(slot, 0);
    for (let start = 0; start < tokens.length; start += LARGEST_READ) {
      const piece = tokens.slice(start, start + LARGEST_READ);
      const { mean } = await this.run([slot], [piece]);
      const share = piece.length / tokens.length;
      sum ??= new Float32Array(mean!.length);
      for (const [index, value] of mean!.entries()) sum[index]! += share * value;
    }
    this.truncate(slot, 0);
    return sum!;
  }

  async dispose(): Promise<void> {
    await this.executable.dispose();
    this.cache.dispose();
  }

  /** Adds as many tokens to each slot; the slots have neighbouring rows, in order. */
  private async run(
    slots: readonly number[],
    texts: readonly (readonly number[])[],
  ): Promise<Record<string, Float32Array>> {
    const [batch, length] = [slots.length, texts[0]!.length];
    const starts = slots.map((slot) => this.held[slot]!.length);
    const { past, present } = this.rows(this.rowOf[slots[0]!]!, batch);
    const lastPositions = Int32Array.from(starts, (start) => start + length - 1);
    const results = await this.executable.run(
      {
        ...past,
        tokens: Int32Array.from(texts.flat()),
        positions: Int32Array.from(
          { length: batch * length },
          (_, index) => starts[Math.floor(index / length)]! + (index % length),
        ),
        ends: Int32Array.from({ length: batch }, (_, row) => (row + 1) * length - 1),
        last_positions: lastPositions,
        total_length: Int32Array.of(Math.max(...lastPositions) + 1),
      },
      present,
      { batch, length },
    );
    slots.forEach((slot, index) => this.held[slot]!.push(...texts[index]!));
    return results as Record<string, Float32Array>;
  }

  private rows(first: number, count: number): CacheRows {
    const key = `${first} + ${count}`;
    let view = this.views.get(key);
    if (view === undefined) {
      const past: Record<string, Cell> = {};
      const present: Record<string, Cell> = {};
      for (let layer = 0; layer < this.layers; layer++) {
        for (const what of ['key', 'value'] as const) {
          const part = this.cache.past[pastName(what, layer)]!.rows!(first, count);
          past[pastName(what, layer)] = part;
          present[presentName(what, layer)] = part;
        }
      }
      view = { past, present };
      this.views.set(key, view);
    }
    return view;
  }

  /**
   * Moves slots to neighbouring rows, as few of them as can be.
   *
   * @returns the first of the rows
   */
  private bringTogether(slots: readonly number[]): number {
    const taken = new Set(slots.map((slot) => this.rowOf[slot]!));
    const countFrom = (first: number): number =>
      [...taken].filter((row) => row >= first && row < first + slots.length).length;
    let best = 0;
    for (let first = 1; first + slots.length <= this.slots; first++) {
      if (countFrom(first) > countFrom(best)) best = first;
    }
    const rows = Array.from({ length: slots.length }, (_, index) => best + index);
    const free = rows.filter((row) => !taken.has(row));
    for (const row of taken) if (!rows.includes(row)) this.swap(row, free.pop()!);
    return best;
  }

  private swap(a: number, b: number): void {
    const [slotA, slotB] = [this.rowOf.indexOf(a), this.rowOf.indexOf(b)];
    const length = Math.max(this.held[slotA]!.length, this.held[slotB]!.length);
    this.forEachPlace((data, place) => {
      const [one, other] = [place(a), place(b)];
      for (let head = 0; head < one.heads; head++) {
        const start = one.start + head * one.stride;
        const otherStart = other.start + head * other.stride;
        const kept = data.slice(start, start + length * one.width);
        data.copyWithin(start, otherStart, otherStart + length * one.width);
        data.set(kept, otherStart);
      }
    });
    this.rowOf[slotA] = b;
    this.rowOf[slotB] = a;
  }

  /** Calls back with the memory of each cache, and where in it a row's heads are. */
  private forEachPlace(
    action: (
      data: TensorData,
      place: (row: number) => { start: number; heads: number; stride: number; width: number },
    ) => void,
  ): void {
    for (const cell of Object.values(this.cache.past)) {
      const [, heads, capacity, width] = cell.shape as [number, number, number, number];
      const stride = capacity * width;
      action(cell.data!, (row) => ({ start: row * heads * stride, heads, stride, width }));
    }
  }
}
