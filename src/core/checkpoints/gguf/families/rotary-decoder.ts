import type { Model } from '../../../architectures/architecture.js';
import { ToolkitError } from '../../../errors/toolkit-error.js';
import type { JsonObject } from '../../json-file.js';
import { float32, uint32, type GgufEntry } from '../metadata.js';
import type { MetadataReader } from '../metadata-reader.js';
import type { FamilyMetadata, FamilyTensors, NamePair } from './family.js';
import { describeRotaryScaling, readRotaryScaling, ROTARY_FACTORS_TENSOR } from './rotary-scaling.js';

/**
 * What LLaMA and its kin have in common: pre-normalised blocks, grouped-query attention with rotary positions, a gated
 * feed-forward network. Keys as `set_gguf_parameters` of llama.cpp's converter writes them
 * (https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py).
 */
export const ROTARY_DECODER_MODULES: readonly NamePair[] = [
  ['model.embed_tokens', 'token_embd'],
  ['model.layers.*.input_layernorm', 'blk.*.attn_norm'],
  ['model.layers.*.self_attn.q_proj', 'blk.*.attn_q'],
  ['model.layers.*.self_attn.k_proj', 'blk.*.attn_k'],
  ['model.layers.*.self_attn.v_proj', 'blk.*.attn_v'],
  ['model.layers.*.self_attn.o_proj', 'blk.*.attn_output'],
  ['model.layers.*.self_attn.q_norm', 'blk.*.attn_q_norm'],
  ['model.layers.*.self_attn.k_norm', 'blk.*.attn_k_norm'],
  ['model.layers.*.post_attention_layernorm', 'blk.*.ffn_norm'],
  ['model.layers.*.mlp.gate_proj', 'blk.*.ffn_gate'],
  ['model.layers.*.mlp.up_proj', 'blk.*.ffn_up'],
  ['model.layers.*.mlp.down_proj', 'blk.*.ffn_down'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
];

/** Rotary frequencies: computed from the metadata, or read as such. */
export const ROTARY_TENSORS = /^(?:rope_freqs\.weight|blk\.\d+\.attn_rot_embd(?:\.weight)?)$/;

/** Defaults of the published configurations, where a file or a `config.json` says nothing. */
const DEFAULT_EPSILON = 1e-6;
const DEFAULT_THETA = 10_000;

/** @throws ToolkitError UNSUPPORTED for what llama.cpp cannot compute */
export function describeRotaryDecoder({ config, shape }: Model): FamilyMetadata {
  const activation = config['hidden_act'] ?? 'silu';
  if (activation !== 'silu') {
    throw new ToolkitError(
      `config.json: hidden_act is ${JSON.stringify(activation)}, which llama.cpp cannot compute in this architecture`,
      'UNSUPPORTED',
      'Deploy this model to another target.',
    );
  }
  const rotary = describeRotaryScaling(config, shape);
  const window = shape.slidingWindows.find((size) => size !== undefined);
  const entries = new Map<string, GgufEntry>([
    ['block_count', uint32(shape.layers)],
    ['context_length', uint32(shape.contextLength)],
    ['embedding_length', uint32(shape.hidden)],
    ['feed_forward_length', uint32(shape.feedForward)],
    ['attention.head_count', uint32(shape.heads)],
    ['attention.head_count_kv', uint32(shape.kvHeads)],
    ...rotary.entries,
    ['rope.freq_base', float32(rotary.theta ?? DEFAULT_THETA)],
    [
      'attention.layer_norm_rms_epsilon',
      float32((config['rms_norm_eps'] as number | undefined) ?? DEFAULT_EPSILON),
    ],
  ]);
  if (config['head_dim'] != null) {
    entries.set('attention.key_length', uint32(shape.headDimension));
    entries.set('attention.value_length', uint32(shape.headDimension));
  }
  const isShort = window === undefined || window >= shape.contextLength;
  return {
    entries,
    ...(rotary.factors && { extraTensors: new Map([[ROTARY_FACTORS_TENSOR, rotary.factors]]) }),
    notes: isShort
      ? []
      : [
          `llama.cpp lets this architecture attend to all tokens: beyond ${window} of them it differs from the model's sliding window.`,
        ],
  };
}

/** What the families' own fields are added to. */
export async function configureRotaryDecoder(
  metadata: MetadataReader,
  { names, vocabulary, read }: FamilyTensors,
): Promise<JsonObject> {
  if ((metadata.size('expert_count') ?? 0) > 0) {
    throw new ToolkitError(
      `${metadata.path}: is a mixture of experts, which is not supported`,
      'UNSUPPORTED',
      'Use a dense model.',
    );
  }
  const hidden = metadata.requiredSize('embedding_length');
  const heads = metadata.requiredSize('attention.head_count');
  const headDimension = metadata.size('attention.key_length') ?? hidden / heads;
  const rotated = metadata.size('rope.dimension_count') ?? headDimension;
  const values = metadata.size('attention.value_length') ?? headDimension;
  if (rotated !== headDimension || values !== headDimension) {
    throw new ToolkitError(
      `${metadata.path}: its heads have keys of ${headDimension}, values of ${values} and rotary positions over ${rotated}; only one width for all is supported`,
      'UNSUPPORTED',
      'Use another model.',
    );
  }
  const theta = metadata.number('rope.freq_base') ?? DEFAULT_THETA;
  const factors = names.has(ROTARY_FACTORS_TENSOR) ? await read(ROTARY_FACTORS_TENSOR) : undefined;
  const scaling = readRotaryScaling(metadata, { theta, headDimension, factors: factors?.data });
  return {
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: metadata.requiredSize('feed_forward_length'),
    num_hidden_layers: metadata.requiredSize('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: metadata.size('attention.head_count_kv') ?? heads,
    ...(headDimension === hidden / heads ? {} : { head_dim: headDimension }),
    max_position_embeddings: metadata.requiredSize('context_length'),
    rms_norm_eps: metadata.requiredNumber('attention.layer_norm_rms_epsilon'),
    hidden_act: 'silu',
    tie_word_embeddings: !names.has('output.weight'),
    rope_theta: theta,
    ...(scaling === undefined ? {} : { rope_scaling: scaling }),
  };
}

/** Entries that llama's converter adds for the number of rows and the rotated width. */
export function vocabularyEntries({ shape }: Model): [string, GgufEntry][] {
  return [
    ['vocab_size', uint32(shape.vocabulary)],
    ['rope.dimension_count', uint32(shape.headDimension)],
  ];
}
