import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import type { Model } from '../architectures/architecture.js';
import type { StateDict } from '../checkpoints/checkpoint.js';
import type { Cell, Engine, Executable, Program, TensorSpec } from '../engine/engine.js';
import { sequenceAttention } from '../layers/attention.js';
import type { ForwardContext } from '../layers/forward-context.js';
import type { ProgressListener } from '../progress/progress-event.js';

/** What arrives at the input of a linear layer, measured over texts. */
export interface LayerInputs {
  readonly width: number;
  /** [width] Mean of the magnitudes over all tokens. */
  readonly meanMagnitude: Float32Array;
  /** [width] Mean of the squares over all tokens. */
  readonly meanSquare: Float32Array;
  /** [tokens, width] The inputs at some of the tokens, evenly spread. */
  readonly sample: Float32Array;
}

/** Module name of every linear layer, the head included, and its inputs; layers with one input share an object. */
export type Calibration = ReadonlyMap<string, LayerInputs>;

/** Module name of the head. */
export const HEAD_MODULE = 'lm_head';

/** Tokens kept of each layer: the errors of 512 tell scales apart, and 10^5 channels take 200 MB. */
const SAMPLED_TOKENS = 512;

/** Lengths are rounded up to multiples of this, so that few graphs are compiled. */
const LENGTH_STEP = 64;

/** Sums over the tokens seen so far. */
class InputMeasure {
  private readonly magnitudes: Float64Array;
  private readonly squares: Float64Array;
  private readonly sample: Float32Array;
  private sampled = 0;
  private seen = 0;

  /** @param total tokens that will be seen */
  constructor(
    private readonly width: number,
    private readonly total: number,
  ) {
    this.magnitudes = new Float64Array(width);
    this.squares = new Float64Array(width);
    this.sample = new Float32Array(Math.min(total, SAMPLED_TOKENS) * width);
  }

  /** @param rows [tokens, width] */
  add(rows: Float32Array): void {
    const { width, magnitudes, squares, sample } = this;
    for (let start = 0; start < rows.length; start += width) {
      for (let channel = 0; channel < width; channel++) {
        const value = rows[start + channel]!;
        magnitudes[channel]! += Math.abs(value);
        squares[channel]! += value * value;
      }
      this.seen++;
      const due = Math.floor((this.seen * sample.length) / width / this.total);
      if (due > this.sampled) sample.set(rows.subarray(start, start + width), width * this.sampled++);
    }
  }

  result(): LayerInputs {
    const mean = (sums: Float64Array): Float32Array => Float32Array.from(sums, (sum) => sum / this.seen);
    const { width, sample } = this;
    return { width, meanMagnitude: mean(this.magnitudes), meanSquare: mean(this.squares), sample };
  }
}

/** Each linear layer and the one whose input it has too: itself, or the first of those that read the same channels. */
function inputsInCommon(model: Model): Map<string, string> {
  const first = new Map(
    (model.scaledChannels ?? []).flatMap(({ readers }) => readers.map((reader) => [reader, readers[0]!])),
  );
  const modules = [...model.linearLayers.map(({ module }) => module), HEAD_MODULE];
  return new Map(modules.map((module) => [module, first.get(module) ?? module]));
}

/** Runs one text of `length` tokens; an output for each linear layer's input, [length, width], by module name. */
function inputsProgram(model: Model, length: number, captured: ReadonlySet<string>): Program {
  const ids: TensorSpec = { shape: [1, length], dtype: 'int32' };
  return {
    name: `inputs of layers over ${length} tokens`,
    inputs: {
      ...Object.fromEntries(
        model.parameters.map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }]),
      ),
      tokens: ids,
      positions: ids,
    },
    body: (inputs) => {
      const outputs: Record<string, Tensor> = {};
      const context: ForwardContext = {
        parameter: (name) => inputs[name]!,
        attend: sequenceAttention(undefined),
        adapt(module, x) {
          if (captured.has(module)) outputs[module] = tf.clone(x);
          return undefined;
        },
      };
      const hidden = model.hiddenStates(context, inputs['tokens']!, inputs['positions']!, length);
      outputs[HEAD_MODULE] = tf.reshape(hidden, [-1, model.shape.hidden]);
      return outputs;
    },
  };
}

/** What {@link calibrate} works with. */
export interface CalibrationPorts {
  readonly engine: Engine;
  readonly onProgress: ProgressListener;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a model over texts and measures what its linear layers get.
 *
 * @param weights every parameter of the model
 * @param sequences token ids of each text, at least one and at most the context
 */
export async function calibrate(
  model: Model,
  weights: StateDict,
  sequences: readonly (readonly number[])[],
  { engine, onProgress, signal }: CalibrationPorts,
): Promise<Calibration> {
  const common = inputsInCommon(model);
  const captured = new Set(common.values());
  const total = sequences.reduce((sum, { length }) => sum + length, 0);
  const measures = new Map<string, InputMeasure>();
  const parameters: Record<string, Cell> = {};
  const compiled = new Map<number, Executable>();
  try {
    for (const { name, shape } of model.parameters) {
      parameters[name] = await engine.cell({ shape, dtype: 'float32' }, weights.get(name)!.data);
    }
    let done = 0;
    for (const sequence of sequences) {
      signal?.throwIfAborted();
      onProgress({ stage: 'calibrate', done, total, unit: 'tokens' });
      // Learnt positions end with the context.
      const length = Math.min(
        model.shape.contextLength,
        Math.ceil(sequence.length / LENGTH_STEP) * LENGTH_STEP,
      );
      let executable = compiled.get(length);
      if (executable === undefined) {
        executable = await engine.compile(inputsProgram(model, length, captured));
        compiled.set(length, executable);
      }
      const tokens = new Int32Array(length);
      tokens.set(sequence);
      const positions = Int32Array.from({ length }, (_, index) => index);
      const outputs = await executable.run({ ...parameters, tokens, positions });
      for (const [module, rows] of Object.entries(outputs)) {
        const width = rows.length / length;
        if (!measures.has(module)) measures.set(module, new InputMeasure(width, total));
        // Padding stands behind the text, which sees nothing of it.
        measures.get(module)!.add((rows as Float32Array).subarray(0, sequence.length * width));
      }
      done += sequence.length;
    }
    onProgress({ stage: 'calibrate', done, total, unit: 'tokens' });
  } finally {
    for (const executable of compiled.values()) await executable.dispose();
    for (const cell of Object.values(parameters)) cell.dispose();
  }
  const results = new Map(Array.from(measures, ([module, measure]) => [module, measure.result()]));
  return new Map(Array.from(common, ([module, first]) => [module, results.get(first)!]));
}
