import tf from '../engine/tensorflow-js.js';
import type { Tensor2D } from '@tensorflow/tfjs';
import type { Engine, Executable } from '../engine/engine.js';

/** Squares of a layer's output, and of what is wrong with it, summed over tokens and outputs. */
export interface OutputError {
  readonly error: number;
  readonly total: number;
}

/** A linear layer: weights [outputs, inputs] and what they are multiplied with, [tokens, inputs]. */
export interface LinearProduct {
  readonly weights: Float32Array;
  readonly inputs: Float32Array;
}

/** Compares the outputs of linear layers on an engine; programs are compiled once for each shape. */
export class OutputErrors {
  private readonly compiled = new Map<string, Executable>();

  constructor(private readonly engine: Engine) {}

  /**
   * @param width inputs of the layer
   * @param exact the layer as it was
   * @param rounded the layer as it is to be, and its inputs as it gets them
   */
  async compare(width: number, exact: LinearProduct, rounded: LinearProduct): Promise<OutputError> {
    const [tokens, outputs] = [exact.inputs.length / width, exact.weights.length / width];
    const key = `${tokens}x${width}x${outputs}`;
    let executable = this.compiled.get(key);
    if (executable === undefined) {
      const weights = { shape: [outputs, width], dtype: 'float32' } as const;
      const inputs = { shape: [tokens, width], dtype: 'float32' } as const;
      executable = await this.engine.compile({
        name: `error of ${outputs} × ${width} weights over ${tokens} tokens`,
        inputs: { weights, inputs, roundedWeights: weights, roundedInputs: inputs },
        body: (feeds) => {
          const product = (x: string, w: string): Tensor2D =>
            tf.matMul(feeds[x] as Tensor2D, feeds[w] as Tensor2D, false, true);
          const expected = product('inputs', 'weights');
          const difference = tf.sub(expected, product('roundedInputs', 'roundedWeights'));
          return { error: tf.sum(tf.square(difference)), total: tf.sum(tf.square(expected)) };
        },
      });
      this.compiled.set(key, executable);
    }
    const { error, total } = await executable.run({
      weights: exact.weights,
      inputs: exact.inputs,
      roundedWeights: rounded.weights,
      roundedInputs: rounded.inputs,
    });
    return { error: error![0]!, total: total![0]! };
  }

  async dispose(): Promise<void> {
    for (const executable of this.compiled.values()) await executable.dispose();
  }
}
