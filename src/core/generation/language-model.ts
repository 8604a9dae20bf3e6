import type { Model } from '../architectures/architecture.js';
import type { StateDict } from '../checkpoints/checkpoint.js';
import type { LoraSettings } from '../adapters/lora.js';
import type { Cell, Engine, Executable, Program } from '../engine/engine.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import {
  allParameters,
  cacheCopyProgram,
  generationProgram,
  meanStatesProgram,
  type AdaptedModel,
  type GenerationShape,
} from './generation-program.js';
import { KeyValueCache } from './key-value-cache.js';
import { sharedLength, type TextModel } from './text-model.js';

/** An adapter to run a model with. */
export interface LoadedAdapter {
  readonly settings: LoraSettings;
  readonly weights: StateDict;
}

/** Lengths that tokens are read in: powers of two from the smallest on, so that few programs are compiled. */
const SMALLEST_LENGTH = 16;
/** A longer prompt is read in pieces: attention scores take heads × length × capacity numbers. */
const LARGEST_LENGTH = 512;
/** Cache sizes are powers of two from here on. */
const SMALLEST_CAPACITY = 64;

function powerOfTwo(atLeast: number, smallest: number): number {
  let size = smallest;
  while (size < atLeast) size *= 2;
  return size;
}

/** Its weights are in cells, its programs compiled once per shape: it runs wherever the engine computes. */
export class LanguageModel implements TextModel {
  private readonly compiled = new Map<string, Promise<Executable>>();

  private constructor(
    private readonly engine: Engine,
    private readonly adapted: AdaptedModel,
    private readonly parameters: Readonly<Record<string, Cell>>,
  ) {}

  /**
   * @param weights every parameter of the model, as `loadWeights` gives them; not copied on the CPU
   * @param adapter applied beside the weights, which stay as they are
   */
  static async create(
    engine: Engine,
    model: Model,
    weights: StateDict,
    adapter?: LoadedAdapter,
  ): Promise<LanguageModel> {
    const adapted: AdaptedModel = { model, adapter: adapter?.settings };
    const parameters: Record<string, Cell> = {};
    const languageModel = new LanguageModel(engine, adapted, parameters);
    try {
      for (const { name, shape } of allParameters(adapted)) {
        const tensor = weights.get(name) ?? adapter?.weights.get(name);
        if (tensor === undefined) throw new ToolkitError(`there is no tensor ${name}`, 'BAD_CHECKPOINT');
        parameters[name] = await engine.cell({ shape, dtype: 'float32' }, tensor.data);
      }
    } catch (error) {
      await languageModel.dispose();
      throw error;
    }
    return languageModel;
  }

  get model(): Model {
    return this.adapted.model;
  }

  get contextLength(): number {
    return this.model.shape.contextLength;
  }

  createCache(batchSize: number, length: number): Promise<KeyValueCache> {
    const capacity = Math.min(this.contextLength, powerOfTwo(length, SMALLEST_CAPACITY));
    return KeyValueCache.create(this.engine, this.model, batchSize, capacity);
  }

  async prepare({ batchSize, capacity }: KeyValueCache): Promise<void> {
    await this.compile({ batchSize, length: 1, capacity });
  }

  /** A cache of one row keeps what it shares with the new text. */
  async prefill(
    cache: KeyValueCache,
    texts: readonly (readonly number[])[],
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const room = (start: number, longest: number): number =>
      Math.min(cache.capacity - start, powerOfTwo(longest, SMALLEST_LENGTH));
    if (texts.length > 1) {
      const starts = texts.map(() => 0);
      return this.forward(cache, room(0, Math.max(...texts.map(({ length }) => length))), starts, texts);
    }
    const text = texts[0]!;
    // The last token is read in any case: its logits are what is asked for.
    let start = Math.min(sharedLength(cache.rows[0]!, text), text.length - 1);
    for (;;) {
      signal?.throwIfAborted();
      const piece = text.slice(start, start + LARGEST_LENGTH);
      const logits = await this.forward(cache, room(start, piece.length), [start], [piece]);
      start += piece.length;
      if (start === text.length) return logits;
    }
  }

  decode(cache: KeyValueCache, tokens: readonly (number | undefined)[]): Promise<Float32Array[]> {
    // A finished row gets its last token once more, in its old place: the same keys and values are written again.
    const starts = cache.rows.map((row, index) => row.length - (tokens[index] === undefined ? 1 : 0));
    const next = cache.rows.map((row, index) => [tokens[index] ?? row.at(-1)!]);
    return this.forward(cache, 1, starts, next);
  }

  async copyRows(from: KeyValueCache, to: KeyValueCache, rows: readonly number[]): Promise<void> {
    const { capacity } = from;
    const executable = await this.compileOnce(
      `${to.batchSize} from ${from.batchSize} rows of ${capacity}`,
      () => cacheCopyProgram(this.model, from.batchSize, to.batchSize, capacity),
    );
    await executable.run({ ...from.past, rows: Int32Array.from(rows) }, to.present);
    for (const [index, row] of rows.entries()) to.rows[index] = [...from.rows[row]!];
  }

  async meanStates(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const batchSize = texts.length;
    const longest = Math.max(...texts.map((text) => text.length));
    const length = Math.min(this.contextLength, powerOfTwo(longest, SMALLEST_LENGTH));
    const executable = await this.compileOnce(`means of ${batchSize} × ${length}`, () =>
      meanStatesProgram(this.adapted, { batchSize, length }),
    );
    const tokens = new Int32Array(batchSize * length);
    const shares = new Float32Array(batchSize * length);
    texts.forEach((text, row) => {
      tokens.set(text, row * length);
      shares.fill(1 / text.length, row * length, row * length + text.length);
    });
    const positions = tokens.map((_, index) => index % length);
    const { means } = await executable.run({ ...this.parameters, tokens, positions, shares });
    const { hidden } = this.model.shape;
    return texts.map((_, row) => means!.slice(row * hidden, (row + 1) * hidden) as Float32Array);
  }

  async dispose(): Promise<void> {
    for (const executable of this.compiled.values()) await (await executable).dispose();
    for (const cell of Object.values(this.parameters)) cell.dispose();
  }

  /** Puts each row's new tokens, at most `length`, at the positions from `starts` on. */
  private async forward(
    cache: KeyValueCache,
    length: number,
    starts: readonly number[],
    texts: readonly (readonly number[])[],
  ): Promise<Float32Array[]> {
    const { batchSize, capacity } = cache;
    const executable = await this.compile({ batchSize, length, capacity });
    const tokens = new Int32Array(batchSize * length);
    texts.forEach((text, row) => {
      tokens.set(text, row * length);
    });
    const lastPositions = Int32Array.from(starts, (start) => start + length - 1);
    // Should the run fail, the cache holds what came before.
    cache.rows.forEach((row, index) => {
      row.length = starts[index]!;
    });
    const { logits } = await executable.run(
      {
        ...this.parameters,
        ...cache.past,
        tokens,
        positions: tokens.map((_, index) => starts[Math.floor(index / length)]! + (index % length)),
        ends: Int32Array.from(texts, (text, row) => row * length + text.length - 1),
        last_positions: lastPositions,
        total_length: Int32Array.of(Math.max(...lastPositions) + 1),
      },
      cache.present,
    );
    texts.forEach((text, row) => {
      for (const token of text) cache.rows[row]!.push(token);
    });
    const { vocabulary } = this.model.shape;
    return texts.map((_, row) => logits!.subarray(row * vocabulary, (row + 1) * vocabulary) as Float32Array);
  }

  private compile(shape: GenerationShape): Promise<Executable> {
    return this.compileOnce(`${shape.batchSize} × ${shape.length} of ${shape.capacity}`, () =>
      generationProgram(this.adapted, shape),
    );
  }

  private compileOnce(key: string, program: () => Program): Promise<Executable> {
    let executable = this.compiled.get(key);
    if (executable === undefined) {
      executable = this.engine.compile(program());
      this.compiled.set(key, executable);
    }
    return executable;
  }
}
