import type { Model } from '../architectures/architecture.js';
import type { Engine, Executable } from '../engine/engine.js';
import type { ScoredSequence, Scorer } from '../scoring/scorer.js';
import { BatchedSlotModel } from './batched-slot-model.js';
import type { FixedWeights } from './fixed-weights.js';
import type { AdaptedModel } from './generation-program.js';
import { slotProgram } from './slot-program.js';
import { sharedLength, type TextCache, type TextModel } from './text-model.js';

/** Logits that one run tells at most: 64 MiB of them. */
const MOST_LOGITS = 2 ** 24;

/** Rows are slots, which grow with what they hold. */
class SlotTextCache implements TextCache {
  constructor(
    readonly slots: BatchedSlotModel,
    readonly batchSize: number,
    readonly capacity: number,
  ) {}

  get rows(): readonly (readonly number[])[] {
    return Array.from({ length: this.batchSize }, (_, row) => this.slots.tokensOf(row));
  }

  dispose(): void {
    // What slots hold is in host memory alone; the program is the model's.
  }
}

/**
 * A model whose weights are part of its program, so that matrices of integers are multiplied as they are stored: a
 * quantised model takes little more memory than its file. It runs where cells are in host memory. Generates and scores.
 */
export class SlotTextModel implements TextModel, Scorer {
  private constructor(
    readonly model: Model,
    private readonly executable: Executable,
  ) {}

  /** @throws ToolkitError `ENGINE` */
  static async create(engine: Engine, adapted: AdaptedModel, weights: FixedWeights): Promise<SlotTextModel> {
    return new SlotTextModel(adapted.model, await engine.compile(slotProgram(adapted, weights)));
  }

  get contextLength(): number {
    return this.model.shape.contextLength;
  }

  async createCache(batchSize: number): Promise<SlotTextCache> {
    const capacity = this.contextLength;
    return new SlotTextCache(this.createSlots(batchSize), batchSize, capacity);
  }

  async prepare(): Promise<void> {
    // One program does everything, and is compiled by now.
  }

  async prefill(
    { slots }: SlotTextCache,
    texts: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const logits: Float32Array[] = [];
    for (const [slot, text] of texts.entries()) {
      // The last token is read in any case: its logits are what is asked for.
      slots.truncate(slot, Math.min(sharedLength(slots.tokensOf(slot), text), text.length - 1));
      let after: Float32Array | undefined;
      for (let start = slots.tokensOf(slot).length; start < text.length; start += slots.largestRead) {
        signal?.throwIfAborted();
        after = await slots.read(slot, text.slice(start, start + slots.largestRead));
      }
      logits.push(after!.slice());
    }
    return logits;
  }

  async decode(
    { slots, batchSize }: SlotTextCache,
    tokens: readonly (number | undefined)[],
  ): Promise<Float32Array[]> {
    const next = tokens.flatMap((token, slot) => (token === undefined ? [] : [{ slot, token }]));
    const logits = new Array<Float32Array>(batchSize).fill(new Float32Array());
    for (const [index, after] of (await slots.step(next)).entries()) logits[next[index]!.slot] = after;
    return logits;
  }

  async copyRows(from: SlotTextCache, to: SlotTextCache, rows: readonly number[]): Promise<void> {
    for (const [slot, row] of rows.entries()) {
      to.slots.copyFrom(from.slots, row, slot, from.slots.tokensOf(row).length);
    }
  }

  async meanStates(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const slots = this.createSlots(1);
    const means: Float32Array[] = [];
    for (const text of texts) means.push(await slots.embed(0, text));
    return means;
  }

  /** What sequences that follow each other share from the start is read once. */
  async score(
    sequences: readonly ScoredSequence[],
    onDone: (count: number) => void = () => undefined,
  ): Promise<number[]> {
    const slots = this.createSlots(1);
    const scores: number[] = [];
    for (const sequence of sequences) {
      scores.push(await this.scoreInSlot(slots, sequence));
      onDone(scores.length);
    }
    return scores;
  }

  async dispose(): Promise<void> {
    await this.executable.dispose();
  }

  private createSlots(slots: number): BatchedSlotModel {
    const { shape } = this.model;
    return new BatchedSlotModel(this.executable, shape, { slots, capacity: shape.contextLength });
  }

  private async scoreInSlot(
    slots: BatchedSlotModel,
    { tokenIds, supervised }: ScoredSequence,
  ): Promise<number> {
    const { vocabulary } = this.model.shape;
    const flags = Array.from(supervised);
    const [first, last] = [flags.indexOf(1), flags.lastIndexOf(1)];
    if (first === -1) return 0;
    // The token before the first that is scored is read in any case, and the last one need not be.
    slots.truncate(0, Math.min(sharedLength(slots.tokensOf(0), tokenIds), first - 1));
    const longest = Math.max(1, Math.min(slots.largestRead, Math.floor(MOST_LOGITS / vocabulary)));
    let loss = 0;
    for (let start = slots.tokensOf(0).length; start < last; start += longest) {
      const piece = Array.from(tokenIds).slice(start, Math.min(start + longest, last));
      const scored = [...piece.keys()].filter((index) => flags[start + index + 1] === 1);
      const logits = await slots.readAndTell(0, piece, scored.length === 0 ? [0] : scored);
      for (const [row, index] of scored.entries()) {
        const after = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
        loss += logSumExp(after) - after[tokenIds[start + index + 1]!]!;
      }
    }
    return loss;
  }
}

/** The logarithm of the sum of exponentials. */
function logSumExp(values: Float32Array): number {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
