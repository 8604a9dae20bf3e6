import type { FileSystem } from '../../../platform/file-system.js';
import type { StateDict } from '../../checkpoints/checkpoint.js';
import { loadWeights } from '../../checkpoints/load-weights.js';
import type { Cell, Engine, Executable, Program } from '../../engine/engine.js';
import { allParameters } from '../../generation/generation-program.js';
import { LanguageModel, type LoadedAdapter } from '../../generation/language-model.js';
import { loadAdapter } from '../../generation/load-adapter.js';
import type { ModelSource } from '../../generation/load-language-model.js';
import type { ProgressListener } from '../../progress/progress-event.js';
import type { Batch } from '../../training/batch.js';
import { batchFeeds, logitsProgram, type TrainedModel } from '../../training/programs.js';
import type { ExportRunner } from './export-runner.js';
import { continueGreedily } from './greedy.js';
import { tokenizerSide } from './tokenizer-side.js';

/** Lengths are rounded up to multiples of this, so that few programs are compiled. */
const LENGTH_STEP = 32;

/** What loading needs from outside. */
export interface ToolkitRunnerPorts {
  readonly files: FileSystem;
  readonly engine: Engine;
  readonly onProgress: ProgressListener;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A model as this toolkit runs it: in float32, weights that are stored as integers brought back to numbers, an adapter
 * beside the weights it was trained on.
 *
 * @throws ToolkitError what `loadWeights` and `loadAdapter` throw
 */
export async function openToolkitRunner(
  source: ModelSource,
  name: string,
  { files, engine, onProgress, signal }: ToolkitRunnerPorts,
): Promise<ExportRunner> {
  const { folder, adapterFolder, model, tokenizer } = source;
  const adapter = adapterFolder === undefined ? undefined : await loadAdapter(files, adapterFolder, model);
  const weights = await loadWeights(files, folder, model, onProgress, signal);
  const language = await LanguageModel.create(engine, model, weights, adapter);
  const everyPosition = await EveryPosition.create(engine, language, weights, adapter);
  const texts = tokenizerSide(tokenizer);
  return {
    ...texts,
    name,
    contextLength: language.contextLength,
    vocabulary: model.shape.vocabulary,
    logits: (tokens) => everyPosition.logits(tokens),
    async greedy(prompt, count) {
      const cache = await language.createCache(1, prompt.length + count);
      try {
        return await continueGreedily(prompt, count, texts.isEnd, async (tokens) => {
          const logits =
            tokens === prompt
              ? await language.prefill(cache, [prompt])
              : await language.decode(cache, tokens);
          return logits[0]!;
        });
      } finally {
        cache.dispose();
      }
    },
    async dispose() {
      await everyPosition.dispose();
      await language.dispose();
    },
  };
}

/** Logits at all positions of a text, which generation does not need. */
class EveryPosition {
  private readonly compiled = new Map<number, { program: Program; executable: Executable }>();

  private constructor(
    private readonly engine: Engine,
    private readonly trained: TrainedModel,
    private readonly parameters: Readonly<Record<string, Cell>>,
  ) {}

  static async create(
    engine: Engine,
    { model }: LanguageModel,
    weights: StateDict,
    adapter: LoadedAdapter | undefined,
  ): Promise<EveryPosition> {
    // Dropout is of training alone.
    const settings = adapter && { ...adapter.settings, dropout: 0 };
    const frozen = allParameters({ model, adapter: settings });
    const parameters: Record<string, Cell> = {};
    for (const { name, shape } of frozen) {
      const { data } = weights.get(name) ?? adapter!.weights.get(name)!;
      parameters[name] = await engine.cell({ shape, dtype: 'float32' }, data);
    }
    return new EveryPosition(engine, { model, adapter: settings, frozen, trainable: [] }, parameters);
  }

  async logits(tokens: readonly number[]): Promise<Float32Array[]> {
    const { vocabulary, contextLength } = this.trained.model.shape;
    const rounded = Math.ceil(tokens.length / LENGTH_STEP) * LENGTH_STEP;
    const length = Math.max(tokens.length, Math.min(contextLength, rounded));
    const batch: Batch = {
      ...{ batchSize: 1, length, tokenCount: tokens.length, supervisedCount: 0 },
      tokens: Int32Array.from({ length }, (_, index) => tokens[index] ?? 0),
      targets: new Int32Array(length),
      weights: new Float32Array(length),
      positions: Int32Array.from({ length }, (_, index) => index),
      segments: Int32Array.from({ length }, (_, index) => (index < tokens.length ? 1 : 0)),
    };
    const { program, executable } = await this.compile(length);
    const { logits } = await executable.run({ ...this.parameters, ...batchFeeds(program, batch) });
    return tokens.map(
      (_, index) => logits!.slice(index * vocabulary, (index + 1) * vocabulary) as Float32Array,
    );
  }

  async dispose(): Promise<void> {
    for (const { executable } of this.compiled.values()) await executable.dispose();
    for (const cell of Object.values(this.parameters)) cell.dispose();
  }

  private async compile(length: number): Promise<{ program: Program; executable: Executable }> {
    let entry = this.compiled.get(length);
    if (entry === undefined) {
      const program = logitsProgram(this.trained, { batchSize: 1, length, packed: false });
      entry = { program, executable: await this.engine.compile(program) };
      this.compiled.set(length, entry);
    }
    return entry;
  }
}
