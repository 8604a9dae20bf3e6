import type { JsonObject } from './json-file.js';
import type { TensorSource } from './tensor-source.js';

/** A tensor as it is stored: its sizes are those of its values, whatever they are packed in. */
export interface TensorEntry {
  /** Element or block type, as the file's format names it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** A model in the Hugging Face folder layout or in a GGUF file, its weights still on disk. */
export interface ModelFolder extends TensorSource {
  readonly path: string;
  /** The file that the configuration stands in, for messages. */
  readonly configPath: string;
  /** `config.json` as published; without `quantization_config` where the tensors are presented as before quantisation. */
  readonly config: JsonObject;
  /** The `quantization_config` that was taken out. */
  readonly quantizationConfig?: JsonObject;
  /** `generation_config.json`, where there is one. */
  readonly generationConfig?: JsonObject;
  /** Published parameter names of all shards. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  close(): Promise<void>;
}
