import type * as Onnx from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelShape } from '../../architectures/architecture.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import type { ExportRunner } from './export-runner.js';
import { continueGreedily } from './greedy.js';
import { tokenizerSide } from './tokenizer-side.js';

type Runtime = typeof Onnx;
type Tensors = Record<string, Tensor>;

/**
 * A graph in ONNX Runtime, as users of Transformers.js and Optimum run it: with its own tokenizer files, its cache fed
 * back token by token.
 *
 * @param path of the `.onnx` file
 * @param shape as the `config.json` beside it says
 * @throws ToolkitError `BAD_CHECKPOINT` for a file that ONNX Runtime does not load
 */
export async function openOnnxRunner(
  path: string,
  shape: ModelShape,
  tokenizer: Tokenizer,
  threads: number,
): Promise<ExportRunner> {
  const runtime: Runtime = await import('onnxruntime-node');
  const session = await openSession(runtime, path, threads);
  const texts = tokenizerSide(tokenizer);
  const graph = new DecoderSession(runtime, session, shape);
  return {
    ...texts,
    name: `ONNX Runtime ${runtime.env.versions.node ?? ''}`.trim(),
    contextLength: shape.contextLength,
    vocabulary: shape.vocabulary,
    logits(tokens) {
      graph.clear();
      return graph.read(tokens);
    },
    greedy(prompt, count) {
      graph.clear();
      return continueGreedily(prompt, count, texts.isEnd, async (tokens) =>
        (await graph.read(tokens)).at(-1)!,
      );
    },
    dispose: () => session.release(),
  };
}

async function openSession(runtime: Runtime, path: string, threads: number): Promise<InferenceSession> {
  try {
    return await runtime.InferenceSession.create(path, { intraOpNumThreads: threads, logSeverityLevel: 3 });
  } catch (error) {
    throw new ToolkitError(
      `${path}: ONNX Runtime does not load this file (${(error as Error).message})`,
      'BAD_CHECKPOINT',
      'Export the model again.',
      error,
    );
  }
}

/** One text in a decoder with its cache. */
class DecoderSession {
  private past: Tensors = {};
  private length = 0;

  constructor(
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
    private readonly shape: ModelShape,
  ) {}

  clear(): void {
    const { kvHeads, headDimension } = this.shape;
    this.length = 0;
    this.past = Object.fromEntries(
      this.session.inputNames
        .filter((name) => name.startsWith('past_key_values.'))
        .map((name) => [
          name,
          new this.runtime.Tensor('float32', new Float32Array(0), [1, kvHeads, 0, headDimension]),
        ]),
    );
  }

  /** @returns logits after each of the tokens */
  async read(tokens: readonly number[]): Promise<Float32Array[]> {
    const integers = (count: number, value: (index: number) => number): Tensor =>
      new this.runtime.Tensor(
        'int64',
        BigInt64Array.from({ length: count }, (_, index) => BigInt(value(index))),
        [1, count],
      );
    const feeds: Tensors = {
      input_ids: integers(tokens.length, (index) => tokens[index]!),
      attention_mask: integers(this.length + tokens.length, () => 1),
      position_ids: integers(tokens.length, (index) => this.length + index),
      ...this.past,
    };
    const results = (await this.session.run(feeds)) as Tensors;
    this.length += tokens.length;
    for (const name of Object.keys(this.past)) {
      this.past[name] = results[name.replace('past_key_values', 'present')]!;
    }
    const logits = results['logits']!.data as Float32Array;
    const width = logits.length / tokens.length;
    return tokens.map((_, index) => logits.slice(index * width, (index + 1) * width));
  }
}
