import type { LoraSettings } from '../adapters/lora.js';
import { loraParameters } from '../adapters/lora.js';
import type { Model } from '../architectures/architecture.js';
import type { StateDict } from '../checkpoints/checkpoint.js';
import type { Cell, Engine, Executable, Program } from '../engine/engine.js';
import type { Batch } from '../training/batch.js';
import { batchFeeds, scoreProgram, type TrainedModel } from '../training/programs.js';
import type { ScoredSequence, Scorer } from './scorer.js';

/** Sequences computed at once. */
const ROWS_PER_BATCH = 32;
/** Lengths are rounded up to multiples of this, so that few graphs are compiled. */
const LENGTH_STEP = 16;

/** Sequences of like length are computed together, each as a whole: it runs wherever the engine computes. */
export class SequenceScorer implements Scorer {
  private readonly compiled = new Map<string, { program: Program; executable: Executable }>();

  private constructor(
    private readonly engine: Engine,
    private readonly trained: TrainedModel,
    private readonly parameters: Readonly<Record<string, Cell>>,
  ) {}

  /** @param adapter settings and weights of a LoRA adapter to be used unmerged */
  static async create(
    engine: Engine,
    model: Model,
    weights: StateDict,
    adapter?: { readonly settings: LoraSettings; readonly weights: StateDict },
  ): Promise<SequenceScorer> {
    const adapterParameters = adapter === undefined ? [] : loraParameters(model, adapter.settings);
    const parameters: Record<string, Cell> = {};
    for (const { name, shape } of [...model.parameters, ...adapterParameters]) {
      const { data } = weights.get(name) ?? adapter!.weights.get(name)!;
      parameters[name] = await engine.cell({ shape, dtype: 'float32' }, data);
    }
    const trained: TrainedModel = {
      model,
      adapter: adapter?.settings,
      frozen: [...model.parameters, ...adapterParameters],
      trainable: [],
    };
    return new SequenceScorer(engine, trained, parameters);
  }

  async score(
    sequences: readonly ScoredSequence[],
    onDone: (count: number) => void = () => undefined,
  ): Promise<number[]> {
    const scores = new Array<number>(sequences.length);
    const order = [...sequences.keys()].sort(
      (a, b) => sequences[a]!.tokenIds.length - sequences[b]!.tokenIds.length,
    );
    for (let start = 0; start < order.length; start += ROWS_PER_BATCH) {
      const indices = order.slice(start, start + ROWS_PER_BATCH);
      const batch = toBatch(
        indices.map((index) => sequences[index]!),
        this.trained.model.shape.contextLength,
      );
      const { program, executable } = await this.compile(batch);
      const results = await executable.run({ ...this.parameters, ...batchFeeds(program, batch) });
      indices.forEach((index, row) => (scores[index] = results['scores']![row]!));
      onDone(Math.min(order.length, start + ROWS_PER_BATCH));
    }
    return scores;
  }

  async dispose(): Promise<void> {
    for (const { executable } of this.compiled.values()) await executable.dispose();
    for (const cell of Object.values(this.parameters)) cell.dispose();
  }

  private async compile({ batchSize, length }: Batch): Promise<{ program: Program; executable: Executable }> {
    const key = `${batchSize}x${length}`;
    let entry = this.compiled.get(key);
    if (entry === undefined) {
      const program = scoreProgram(this.trained, { batchSize, length, packed: false });
      entry = { program, executable: await this.engine.compile(program) };
      this.compiled.set(key, entry);
    }
    return entry;
  }
}

/** Padding may not go beyond the context either: learnt positions end there. */
function toBatch(sequences: readonly ScoredSequence[], contextLength: number): Batch {
  const longest = Math.max(...sequences.map(({ tokenIds }) => tokenIds.length));
  const length = Math.max(longest, Math.min(contextLength, Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP));
  const size = sequences.length * length;
  const batch = {
    tokens: new Int32Array(size),
    targets: new Int32Array(size),
    weights: new Float32Array(size),
    positions: Int32Array.from({ length: size }, (_, index) => index % length),
    segments: new Int32Array(size),
  };
  let [tokenCount, supervisedCount] = [0, 0];
  sequences.forEach(({ tokenIds, supervised }, row) => {
    const offset = row * length;
    for (let index = 0; index < tokenIds.length; index++) {
      batch.tokens[offset + index] = tokenIds[index]!;
      if (index === 0) continue;
      batch.targets[offset + index - 1] = tokenIds[index]!;
      batch.weights[offset + index - 1] = supervised[index]!;
      supervisedCount += supervised[index]!;
    }
    batch.segments.fill(1, offset, offset + tokenIds.length);
    tokenCount += tokenIds.length;
  });
  return { ...batch, batchSize: sequences.length, length, tokenCount, supervisedCount };
}
