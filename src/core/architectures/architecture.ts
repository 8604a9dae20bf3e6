import type { Tensor } from '@tensorflow/tfjs';
import type { ForwardContext } from '../layers/forward-context.js';

/** How a parameter starts when a model is trained from scratch. */
export type Initializer =
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number };

/** One stored parameter. */
export interface ParameterSpec {
  /** Published name, e.g. `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

/** One matrix product with a weight, which an adapter may modify. */
export interface LinearLayer {
  /** Module name without `.weight`. */
  readonly module: string;
  readonly inputs: number;
  readonly outputs: number;
  /** The weight is stored [inputs, outputs], as GPT-2's Conv1D does, not [outputs, inputs]. */
  readonly inputsFirst: boolean;
}

/** The numbers that estimates of memory and compute are made from. */
export interface ModelShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDimension: number;
  readonly feedForward: number;
  /** Matrices in one feed-forward block: 3 when gated (SwiGLU), otherwise 2. */
  readonly feedForwardMatrices: number;
  readonly vocabulary: number;
  /** Positions the model was made for. */
  readonly contextLength: number;
  /** For each layer the tokens it attends to, itself included; `undefined` where it sees all. */
  readonly slidingWindows: readonly (number | undefined)[];
  readonly tiedEmbeddings: boolean;
}

/** A model of some architecture with its configuration read: everything but the weights. */
export interface Model {
  /** The architecture's file name. */
  readonly architecture: string;
  readonly shape: ModelShape;
  /** Every stored parameter once, in the order of the forward pass: counting, loading and estimates read this table. */
  readonly parameters: readonly ParameterSpec[];
  /** The linear layers inside the blocks, which LoRA may target. */
  readonly linearLayers: readonly LinearLayer[];
  /** The `config.json` to write beside these weights. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Name of the parameter that a tensor of a published checkpoint holds; `undefined` for buffers to pass over. */
  parameterName(tensorName: string): string | undefined;
  /**
   * The network up to the final normalisation.
   *
   * @param tokens [batch, length] int32
   * @param positions [batch, length] int32
   * @param capacity positions are below this
   * @returns [batch, length, hidden]
   */
  hiddenStates(context: ForwardContext, tokens: Tensor, positions: Tensor, capacity: number): Tensor;
  /** Name of the [vocabulary, hidden] matrix that turns hidden states into logits. */
  readonly headParameter: string;
}

/** One file of this folder: which configurations it reads, and how. */
export interface Architecture {
  /** The file's name. */
  readonly id: string;
  /** Values of `model_type` in `config.json`. */
  readonly modelTypes: readonly string[];
  /** @throws ToolkitError `BAD_CHECKPOINT` that lists every problem of the configuration at once */
  read(config: Readonly<Record<string, unknown>>): Model;
}

/** Total number of stored parameters. */
export function countParameters(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
