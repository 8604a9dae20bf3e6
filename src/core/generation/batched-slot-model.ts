import type { ModelShape } from '../architectures/architecture.js';
import type { Engine, Executable } from '../engine/engine.js';
import type { AdaptedModel } from './generation-program.js';
import type { FixedWeights } from './fixed-weights.js';
import { pastName, presentName } from './key-value-cache.js';
import { SlotCache } from './slot-cache.js';
import type { SlotModel } from './slot-model.js';
import { slotProgram } from './slot-program.js';

/** A longer piece gains no speed, and its attention scores take heads × length × capacity numbers. */
const LARGEST_READ = 512;

/** Numbers of texts and tokens. */
export interface SlotSettings {
  readonly slots: number;
  /** Tokens in each slot at most. */
  readonly capacity: number;
}

/**
 * Slots side by side in one cache in host memory. A run works on neighbouring rows of it: slots that are continued together
 * are moved next to each other first, which is needed only when a text joins or leaves.
 */
export class BatchedSlotModel implements SlotModel {
  readonly largestRead = LARGEST_READ;
  readonly slots: number;
  readonly capacity: number;
  private readonly held: number[][];
  /** Row of the cache that each slot has. */
  private readonly rowOf: number[];
  private readonly cache: SlotCache;
  private readonly layers: number;

  /**
   * @param executable of a `slotProgram`; disposed by whoever disposes this
   * @throws ToolkitError `OUT_OF_RESOURCES`
   */
  constructor(
    private readonly executable: Executable,
    shape: ModelShape,
    { slots, capacity }: SlotSettings,
  ) {
    this.slots = slots;
    this.capacity = capacity;
    this.layers = shape.layers;
    this.cache = new SlotCache(shape, slots, capacity);
    this.held = Array.from({ length: slots }, () => []);
    this.rowOf = [...this.held.keys()];
  }

  /** @throws ToolkitError `OUT_OF_RESOURCES` */
  static async create(
    engine: Engine,
    adapted: AdaptedModel,
    weights: FixedWeights,
    settings: SlotSettings,
  ): Promise<BatchedSlotModel> {
    const executable = await engine.compile(slotProgram(adapted, weights));
    try {
      return new BatchedSlotModel(executable, adapted.model.shape, settings);
    } catch (error) {
      await executable.dispose();
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
    this.copyFrom(this, from, to, length);
  }

  /**
   * Replaces what a slot holds by the first `length` tokens of a slot of the same model, here or elsewhere.
   *
   * @throws ToolkitError `OUT_OF_RESOURCES`
   */
  copyFrom(source: BatchedSlotModel, from: number, to: number, length: number): void {
    this.cache.reserve(length);
    this.cache.copyFrom(source.cache, source.rowOf[from]!, this.rowOf[to]!, length);
    this.held[to] = source.held[from]!.slice(0, length);
  }

  read(slot: number, tokens: readonly number[]): Promise<Float32Array> {
    return this.readAndTell(slot, tokens, [tokens.length - 1]);
  }

  /**
   * Adds tokens to a slot: from one to `largestRead` of them.
   *
   * @param wanted which of them, at least one
   * @returns logits of the token after each of those, [wanted, vocabulary]; valid until the next call
   */
  async readAndTell(
    slot: number,
    tokens: readonly number[],
    wanted: readonly number[],
  ): Promise<Float32Array> {
    const { logits } = await this.run([slot], [tokens], wanted);
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
  }

  /**
   * Adds as many tokens to each slot; the slots have neighbouring rows, in order.
   *
   * @param wanted indices among all tokens; without them the last of each text
   */
  private async run(
    slots: readonly number[],
    texts: readonly (readonly number[])[],
    wanted: readonly number[] = texts.map((text, row) => (row + 1) * text.length - 1),
  ): Promise<Record<string, Float32Array>> {
    const { cache } = this;
    const [batch, length] = [slots.length, texts[0]!.length];
    const starts = slots.map((slot) => this.held[slot]!.length);
    const first = this.rowOf[slots[0]!]!;
    cache.reserve(Math.max(...starts) + length);
    // Where nothing is held yet, there is nothing to attend to: one place, that is masked, is enough.
    const isFresh = starts.every((start) => start === 0);
    const capacity = isFresh ? 1 : cache.capacity;
    const nothing = new Float32Array(isFresh ? batch * cache.placeSize : 0);
    const feeds: Record<string, Float32Array | Int32Array> = {
      tokens: Int32Array.from(texts.flat()),
      positions: Int32Array.from(
        { length: batch * length },
        (_, index) => starts[Math.floor(index / length)]! + (index % length),
      ),
      wanted: Int32Array.from(wanted),
      lengths: Int32Array.from(starts),
      places: Int32Array.from({ length: capacity }, (_, place) => place),
    };
    for (let layer = 0; layer < this.layers; layer++) {
      feeds[pastName('key', layer)] = isFresh ? nothing : cache.view(2 * layer, first, batch);
      feeds[pastName('value', layer)] = isFresh ? nothing : cache.view(2 * layer + 1, first, batch);
    }
    const results = (await this.executable.run(
      feeds,
      {},
      { batch, length, capacity, wanted: wanted.length },
    )) as Record<string, Float32Array>;
    for (let layer = 0; layer < this.layers; layer++) {
      const [keys, values] = [results[presentName('key', layer)]!, results[presentName('value', layer)]!];
      for (let row = 0; row < batch; row++) {
        cache.write(2 * layer, first + row, starts[row]!, keys, row, length);
        cache.write(2 * layer + 1, first + row, starts[row]!, values, row, length);
      }
    }
    slots.forEach((slot, index) => this.held[slot]!.push(...texts[index]!));
    return results;
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
    this.cache.swap(a, b, Math.max(this.held[slotA]!.length, this.held[slotB]!.length));
    this.rowOf[slotA] = b;
    this.rowOf[slotB] = a;
  }
}
