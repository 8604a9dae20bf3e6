import type { KeyValueCache } from './key-value-cache.js';
import type { LanguageModel } from './language-model.js';
import type { SlotModel } from './slot-model.js';

/** Tokens of a prompt that are read at once: others wait for so long. */
const LARGEST_READ = 256;

/**
 * Slots over a {@link LanguageModel}: a key/value cache for each, so that it works wherever the model does. Slots that
 * step together are computed one after the other, and therefore to the same bits as alone.
 */
export class CachedSlotModel implements SlotModel {
  readonly largestRead: number;

  /** What {@link copy} was asked for and no computation has waited for yet. */
  private readonly copies: { readonly from: KeyValueCache; readonly to: KeyValueCache }[] = [];

  private constructor(
    private readonly model: LanguageModel,
    private readonly caches: readonly KeyValueCache[],
    readonly capacity: number,
  ) {
    this.largestRead = Math.min(LARGEST_READ, capacity);
  }

  /**
   * @param model disposed with the slots, and where they cannot be made
   * @param capacity tokens that each slot holds, at most the model's context length
   */
  static async create(model: LanguageModel, slots: number, capacity: number): Promise<CachedSlotModel> {
    const caches: KeyValueCache[] = [];
    try {
      while (caches.length < slots) caches.push(await model.createCache(1, capacity));
      await model.prepare(caches[0]!);
    } catch (error) {
      for (const cache of caches) cache.dispose();
      await model.dispose();
      throw error;
    }
    return new CachedSlotModel(model, caches, capacity);
  }

  get slots(): number {
    return this.caches.length;
  }

  tokensOf(slot: number): readonly number[] {
    return this.row(slot);
  }

  truncate(slot: number, length: number): void {
    const row = this.row(slot);
    row.length = Math.min(row.length, length);
  }

  copy(from: number, to: number, length: number): void {
    const [source, target] = [this.caches[from]!, this.caches[to]!];
    target.rows[0] = this.row(from).slice(0, length);
    // Nothing overwrites keys and values before the next computation, which makes the copies first.
    this.copies.push({ from: source, to: target });
  }

  async read(slot: number, tokens: readonly number[]): Promise<Float32Array> {
    await this.makeCopies();
    const [logits] = await this.model.prefill(this.caches[slot]!, [[...this.row(slot), ...tokens]]);
    return logits!;
  }

  async step(next: readonly { readonly slot: number; readonly token: number }[]): Promise<Float32Array[]> {
    await this.makeCopies();
    const logits: Float32Array[] = [];
    for (const { slot, token } of next) {
      const [row] = await this.model.decode(this.caches[slot]!, [token]);
      logits.push(row!);
    }
    return logits;
  }

  async embed(slot: number, tokens: readonly number[]): Promise<Float32Array> {
    this.truncate(slot, 0);
    const [mean] = await this.model.meanStates([tokens]);
    return mean!;
  }

  async dispose(): Promise<void> {
    for (const cache of this.caches) cache.dispose();
    await this.model.dispose();
  }

  private async makeCopies(): Promise<void> {
    for (let next = this.copies[0]; next !== undefined; next = this.copies[0]) {
      const { from, to } = next;
      const [tokens] = to.rows;
      await this.model.copyRows(from, to, [0]);
      to.rows[0] = tokens!;
      // Not before: after a failure other slots still need theirs.
      this.copies.shift();
    }
  }

  private row(slot: number): number[] {
    return this.caches[slot]!.rows[0]!;
  }
}
