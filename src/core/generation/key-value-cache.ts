import type { Model } from '../architectures/architecture.js';
import type { Cell, Engine } from '../engine/engine.js';
import { cacheWidth } from '../engine/operations/cached-attention.js';

type KeyOrValue = 'key' | 'value';

/** Name of the program input that a layer's cache is fed as. */
export function pastName(what: KeyOrValue, layer: number): string {
  return `past_${what}/${layer}`;
}

/** Name of the program output that replaces it. */
export function presentName(what: KeyOrValue, layer: number): string {
  return `present_${what}/${layer}`;
}

/** Shape of one layer's keys, and of its values. */
export function cacheShape({ shape }: Model, batchSize: number, capacity: number): number[] {
  return [batchSize, shape.kvHeads, capacity, cacheWidth(shape.headDimension)];
}

/** Keys and values of the tokens that a batch has read so far, where the engine computes. */
export class KeyValueCache {
  /** For each row the tokens that the cache holds, by position. */
  readonly rows: number[][];
  readonly batchSize: number;

  private constructor(
    readonly capacity: number,
    batchSize: number,
    /** Program inputs. */
    readonly past: Readonly<Record<string, Cell>>,
    /** The same cells as program outputs. */
    readonly present: Readonly<Record<string, Cell>>,
  ) {
    this.batchSize = batchSize;
    this.rows = Array.from({ length: batchSize }, () => []);
  }

  static async create(
    engine: Engine,
    model: Model,
    batchSize: number,
    capacity: number,
  ): Promise<KeyValueCache> {
    const past: Record<string, Cell> = {};
    const present: Record<string, Cell> = {};
    const cache = new KeyValueCache(capacity, batchSize, past, present);
    const shape = cacheShape(model, batchSize, capacity);
    try {
      for (let layer = 0; layer < model.shape.layers; layer++) {
        for (const what of ['key', 'value'] as const) {
          const cell = await engine.cell({ shape, dtype: 'float32' });
          past[pastName(what, layer)] = cell;
          present[presentName(what, layer)] = cell;
        }
      }
    } catch (error) {
      cache.dispose();
      throw error;
    }
    return cache;
  }

  dispose(): void {
    for (const cell of Object.values(this.past)) cell.dispose();
  }
}
