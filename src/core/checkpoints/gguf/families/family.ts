import type { Model } from '../../../architectures/architecture.js';
import type { HostTensor } from '../../checkpoint.js';
import type { JsonObject } from '../../json-file.js';
import type { GgufEntries } from '../metadata.js';
import type { MetadataReader } from '../metadata-reader.js';
import type { TensorLayout } from '../tensor-layout.js';

/** A tensor's two names, without the number of the layer: `*` stands for it in both. */
export type NamePair = readonly [published: string, ggml: string];

/** What a configuration is to llama.cpp. */
export interface FamilyMetadata {
  /** Keys without the architecture's name before them. */
  readonly entries: GgufEntries;
  /** Tensors that ggml keeps and published checkpoints do not. */
  readonly extraTensors?: ReadonlyMap<string, HostTensor>;
  /** What llama.cpp will do otherwise than the model was trained with, as sentences. */
  readonly notes?: readonly string[];
}

/** The tensors of a file that decide about its configuration. */
export interface FamilyTensors {
  readonly names: ReadonlySet<string>;
  /** Rows of the embedding. */
  readonly vocabulary: number;
  readonly read: (name: string) => Promise<HostTensor>;
}

/** One file of this folder: how a family of models is called and laid out in GGUF, in both directions. */
export interface GgufFamily {
  /** `general.architecture`. */
  readonly architecture: string;
  /** Values of `model_type` in `config.json` that are written as this architecture. */
  readonly modelTypes: readonly string[];
  /** Modules of a layer and of the whole model; parameters are these with `.weight` or `.bias` behind. */
  readonly modules: readonly NamePair[];
  /** Tensors of other programs that carry nothing of the model. */
  readonly passedOver?: RegExp;
  /**
   * @param model read from `config.json`
   * @throws ToolkitError UNSUPPORTED for what llama.cpp has no word for
   */
  describe(model: Model): FamilyMetadata;
  /**
   * The `config.json` of a file.
   * @param metadata under the architecture's name
   */
  configure(metadata: MetadataReader, tensors: FamilyTensors): Promise<JsonObject>;
  /** How ggml stores a parameter that is published under this name. */
  layoutOf(published: string, model: Model): TensorLayout;
}
