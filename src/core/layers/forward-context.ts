import type { Tensor } from '@tensorflow/tfjs';
import type { QuantizedMatrix } from '../quantization/quantized-matrix.js';

/** What one attention layer asks for. */
export interface AttentionRequest {
  readonly layer: number;
  /** [batch, length, heads * headDimension] */
  readonly query: Tensor;
  /** [batch, length, kvHeads * headDimension] */
  readonly key: Tensor;
  /** [batch, length, kvHeads * headDimension] */
  readonly value: Tensor;
  readonly heads: number;
  readonly kvHeads: number;
  /** Factor of the scores, usually 1 / sqrt(headDimension). */
  readonly scale: number;
  /** Tokens attended to, itself included; `undefined` for all before. */
  readonly slidingWindow: number | undefined;
}

/**
 * What the network is run with. Training and generation run the same network and differ in how it attends:
 * over the whole sequence, or over a key/value cache.
 */
export interface ForwardContext {
  /** A parameter by its published name. */
  parameter(name: string): Tensor;
  /** A weight [outputs, inputs] that is multiplied with as it is, quantised; `undefined` where `parameter` has it. */
  quantized?(name: string): QuantizedMatrix | undefined;
  /** @returns [batch, length, heads * headDimension] */
  attend(request: AttentionRequest): Tensor;
  /** What a linear layer multiplies instead of its input; the input itself unless told. */
  inputOf?(module: string, x: Tensor): Tensor;
  /** What an adapter adds to the output of a linear layer: `undefined` where it adds nothing. */
  adapt?(module: string, x: Tensor): Tensor | undefined;
}
