import type { Tensor } from '@tensorflow/tfjs';
import type { ForwardContext } from '../layers/forward-context.js';

/** How a parameter starts when a model is trained from scratch. */
export type Initializer =
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number };

/** One stored tensor of weights. */
export interface WeightSpec {
  /** Published name, e.g. `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Belongs to one of the experts between which tokens are routed, so that a token meets only some of them. */
  readonly routed?: boolean;
}

/** One stored parameter of a model that can be trained from scratch. */
export interface ParameterSpec extends WeightSpec {
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

/**
 * Channels between two places of a network: divided where they are written and multiplied where they are read, they
 * leave its output as it is, since nothing between does more than carry or add them.
 */
export interface ScaledChannels {
  /** The normalisation or linear layer that writes them: its gain or the rows of its weight, and its bias. */
  readonly writer: string;
  /** All linear layers that read them. They have one input. */
  readonly readers: readonly string[];
  /** Channel of the writer that is at an input of the readers; the one of the same number unless told. */
  readonly channelAt?: (input: number) => number;
}

/** Which halves of the transformer a model has. */
export type ModelKind = 'decoder' | 'encoder' | 'encoder-decoder';

/** Feed-forward networks side by side, between which tokens are routed. */
export interface Experts {
  readonly count: number;
  /** Experts that each token is sent to. */
  readonly perToken: number;
  /** Inner width of one expert. */
  readonly feedForward: number;
  /** Layers that have experts; the others have one feed-forward network of `feedForward`. */
  readonly layers: number;
  /** Inner width of what every token passes beside its experts; 0 without such. */
  readonly sharedFeedForward: number;
}

/** The numbers that estimates of memory and compute are made from. */
export interface ModelShape {
  readonly kind: ModelKind;
  /** Layers of the decoder, or of the encoder where it is alone. */
  readonly layers: number;
  /** Layers of the encoder beside a decoder; 0 otherwise. */
  readonly encoderLayers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Width of one head's queries and keys. */
  readonly headDimension: number;
  /** Width of one head's values. */
  readonly valueDimension: number;
  /**
   * Elements that one layer keeps of one position for generation: keys and values of every key/value head, or with
   * multi-head latent attention the latent and the shared rotary key. 0 for an encoder.
   */
  readonly cacheWidth: number;
  readonly feedForward: number;
  /** Matrices in one feed-forward block: 3 when gated (SwiGLU), otherwise 2. */
  readonly feedForwardMatrices: number;
  readonly vocabulary: number;
  /** Positions the model was made for. */
  readonly contextLength: number;
  /** For each layer the tokens it attends to, itself included; `undefined` where it sees all. */
  readonly slidingWindows: readonly (number | undefined)[];
  readonly tiedEmbeddings: boolean;
  readonly experts?: Experts;
}

/** What is known of a model without being able to run it. */
export interface ModelStructure {
  /** The architecture's file name. */
  readonly architecture: string;
  readonly shape: ModelShape;
  /** Every stored tensor of weights once, in the order of the forward pass. */
  readonly parameters: readonly WeightSpec[];
  /** The linear layers inside the blocks, which LoRA may target. */
  readonly linearLayers: readonly LinearLayer[];
}

/** A model of some architecture with its configuration read: everything but the weights. */
export interface Model extends ModelStructure {
  /** Counting, initialising, loading and estimates read this table. */
  readonly parameters: readonly ParameterSpec[];
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
  /** Where channels can be scaled without changing what the network computes, as quantisation does. */
  readonly scaledChannels?: readonly ScaledChannels[];
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

function elements({ shape }: WeightSpec): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Total number of stored parameters. */
export function countParameters(parameters: readonly WeightSpec[]): number {
  return parameters.reduce((sum, spec) => sum + elements(spec), 0);
}

/** Number of parameters that one token passes: all of them, except where it is routed between experts. */
export function countActiveParameters({
  parameters,
  shape: { experts },
}: Pick<ModelStructure, 'parameters' | 'shape'>): number {
  if (experts === undefined) return countParameters(parameters);
  const routed = countParameters(parameters.filter(({ routed }) => routed));
  return countParameters(parameters) - routed + (routed / experts.count) * experts.perToken;
}
