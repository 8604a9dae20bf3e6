import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { ACTIVATION_NAMES, activationByName } from '../layers/activation.js';
import { embedding } from '../layers/embedding.js';
import type { ForwardContext } from '../layers/forward-context.js';
import { linear } from '../layers/linear.js';
import { rmsNorm } from '../layers/normalization.js';
import { rotary } from '../layers/rotary.js';
import { rotaryScalingSchema, rotaryScheme, rotaryTableCache } from '../layers/rotary-scaling.js';
import type {
  Architecture,
  Initializer,
  LinearLayer,
  Model,
  ParameterSpec,
  ScaledChannels,
} from './architecture.js';
import { layerCount, positionCount, vocabularySize, width } from './bounds.js';
import { readConfig } from './read-config.js';

/**
 * LLaMA and the models of its shape: pre-normalised blocks of grouped-query attention with rotary positions and a gated
 * feed-forward network. What sets the families apart is in their configuration and, for Qwen, in two habits of the
 * reference code that the configuration does not spell out.
 */
const schema = z
  .object({
    model_type: z.enum(['llama', 'mistral', 'qwen2', 'qwen3']),
    vocab_size: vocabularySize,
    hidden_size: width,
    intermediate_size: width,
    num_hidden_layers: layerCount,
    num_attention_heads: width,
    num_key_value_heads: width.nullish(),
    head_dim: width.nullish(),
    max_position_embeddings: positionCount,
    rms_norm_eps: z.number().positive().default(1e-6),
    hidden_act: z.enum(ACTIVATION_NAMES as [string, ...string[]]).default('silu'),
    initializer_range: z.number().positive().default(0.02),
    tie_word_embeddings: z.boolean().default(false),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    rope_theta: z.number().positive().default(10_000),
    rope_scaling: rotaryScalingSchema.nullish(),
    rope_parameters: rotaryScalingSchema.nullish(),
    sliding_window: positionCount.nullish(),
    use_sliding_window: z.boolean().nullish(),
    max_window_layers: z.number().int().nonnegative().nullish(),
    layer_types: z.array(z.enum(['full_attention', 'sliding_attention'])).nullish(),
  })
  .loose()
  .superRefine((config, problems) => {
    const heads = config.num_attention_heads;
    const kvHeads = config.num_key_value_heads ?? heads;
    const complain = (path: string, message: string): void =>
      problems.addIssue({ code: 'custom', path: [path], message });
    if (heads % kvHeads !== 0)
      complain('num_key_value_heads', `${kvHeads} does not divide ${heads} attention heads`);
    if (config.head_dim == null && config.hidden_size % heads !== 0) {
      complain('num_attention_heads', `${heads} does not divide the hidden size ${config.hidden_size}`);
    }
    const headDimension = config.head_dim ?? config.hidden_size / heads;
    if (headDimension % 2 !== 0) complain('head_dim', `${headDimension} is odd, rotary positions need pairs`);
    if (config.layer_types && config.layer_types.length !== config.num_hidden_layers) {
      complain(
        'layer_types',
        `has ${config.layer_types.length} entries for ${config.num_hidden_layers} layers`,
      );
    }
  });

type Config = z.output<typeof schema>;

function slidingWindows(config: Config): (number | undefined)[] {
  const window = config.sliding_window ?? undefined;
  const layers = [...Array(config.num_hidden_layers).keys()];
  if (config.model_type === 'llama' || window === undefined) return layers.map(() => undefined);
  if (config.model_type === 'mistral') return layers.map(() => window);
  // Qwen publishes a window that is off unless `use_sliding_window` says otherwise.
  if (!config.use_sliding_window) return layers.map(() => undefined);
  return layers.map((layer) => {
    const slides = config.layer_types
      ? config.layer_types[layer] === 'sliding_attention'
      : layer >= (config.max_window_layers ?? config.num_hidden_layers);
    return slides ? window : undefined;
  });
}

function read(raw: Readonly<Record<string, unknown>>): Model {
  const config = readConfig(schema, raw);
  const hidden = config.hidden_size;
  const heads = config.num_attention_heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  const headDimension = config.head_dim ?? hidden / heads;
  const ffn = config.intermediate_size;
  const scaling = config.rope_parameters ?? config.rope_scaling ?? undefined;
  rotaryScheme(scaling); // unknown schemes fail before anything is loaded
  const queryKeyNorm = config.model_type === 'qwen3';
  const projectionBias = config.model_type === 'qwen2' || config.attention_bias;
  const outputBias = config.model_type !== 'qwen2' && config.attention_bias;
  const windows = slidingWindows(config);
  const activation = activationByName(config.hidden_act);
  const rotaryTableFor = rotaryTableCache({
    theta: scaling?.rope_theta ?? config.rope_theta,
    headDimension,
    contextLength: config.max_position_embeddings,
    scaling,
  });

  const normal: Initializer = { kind: 'normal', deviation: config.initializer_range };
  const ones: Initializer = { kind: 'constant', value: 1 };
  const zeros: Initializer = { kind: 'constant', value: 0 };
  const parameters: ParameterSpec[] = [
    { name: 'model.embed_tokens.weight', shape: [config.vocab_size, hidden], initializer: normal },
  ];
  const linearLayers: LinearLayer[] = [];
  const scaledChannels: ScaledChannels[] = [];
  // Query heads side by side attend with one key/value head.
  const valueChannelAt = (input: number): number =>
    Math.floor(input / headDimension / (heads / kvHeads)) * headDimension + (input % headDimension);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const block = `model.layers.${layer}`;
    const addLinear = (module: string, inputs: number, outputs: number, bias: boolean): void => {
      linearLayers.push({ module: `${block}.${module}`, inputs, outputs, inputsFirst: false });
      parameters.push({ name: `${block}.${module}.weight`, shape: [outputs, inputs], initializer: normal });
      if (bias) parameters.push({ name: `${block}.${module}.bias`, shape: [outputs], initializer: zeros });
    };
    const addGain = (module: string, width: number): void => {
      parameters.push({ name: `${block}.${module}.weight`, shape: [width], initializer: ones });
    };
    addGain('input_layernorm', hidden);
    addLinear('self_attn.q_proj', hidden, heads * headDimension, projectionBias);
    addLinear('self_attn.k_proj', hidden, kvHeads * headDimension, projectionBias);
    addLinear('self_attn.v_proj', hidden, kvHeads * headDimension, projectionBias);
    if (queryKeyNorm) {
      addGain('self_attn.q_norm', headDimension);
      addGain('self_attn.k_norm', headDimension);
    }
    addLinear('self_attn.o_proj', heads * headDimension, hidden, outputBias);
    addGain('post_attention_layernorm', hidden);
    addLinear('mlp.gate_proj', hidden, ffn, config.mlp_bias);
    addLinear('mlp.up_proj', hidden, ffn, config.mlp_bias);
    addLinear('mlp.down_proj', ffn, hidden, config.mlp_bias);
    const addScaled = (
      writer: string,
      readers: readonly string[],
      channelAt?: (input: number) => number,
    ): void => {
      scaledChannels.push({
        writer: `${block}.${writer}`,
        readers: readers.map((reader) => `${block}.${reader}`),
        ...(channelAt && { channelAt }),
      });
    };
    addScaled('input_layernorm', ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj']);
    addScaled('self_attn.v_proj', ['self_attn.o_proj'], valueChannelAt);
    addScaled('post_attention_layernorm', ['mlp.gate_proj', 'mlp.up_proj']);
    addScaled('mlp.up_proj', ['mlp.down_proj']);
  }
  parameters.push({ name: 'model.norm.weight', shape: [hidden], initializer: ones });
  if (!config.tie_word_embeddings) {
    parameters.push({ name: 'lm_head.weight', shape: [config.vocab_size, hidden], initializer: normal });
    scaledChannels.push({ writer: 'model.norm', readers: ['lm_head'] });
  }
  const known = new Set(parameters.map(({ name }) => name));

  function attention(
    context: ForwardContext,
    layer: number,
    x: Tensor,
    positions: Tensor,
    capacity: number,
  ): Tensor {
    const block = `model.layers.${layer}.self_attn`;
    const project = (name: string): Tensor =>
      linear(context, `${block}.${name}`, x, { bias: projectionBias });
    const table = rotaryTableFor(capacity);
    const turn = (y: Tensor, name: string): Tensor => {
      if (!queryKeyNorm) return rotary(y, positions, table);
      const perHead = tf.reshape(y, [
        ...y.shape.slice(0, -1),
        y.shape.at(-1)! / headDimension,
        headDimension,
      ]);
      const normalized = rmsNorm(perHead, context.parameter(`${block}.${name}.weight`), config.rms_norm_eps);
      return rotary(tf.reshape(normalized, y.shape), positions, table);
    };
    const attended = context.attend({
      layer,
      query: turn(project('q_proj'), 'q_norm'),
      key: turn(project('k_proj'), 'k_norm'),
      value: project('v_proj'),
      heads,
      kvHeads,
      scale: 1 / Math.sqrt(headDimension),
      slidingWindow: windows[layer],
    });
    return linear(context, `${block}.o_proj`, attended, { bias: outputBias });
  }

  function feedForward(context: ForwardContext, layer: number, x: Tensor): Tensor {
    const block = `model.layers.${layer}.mlp`;
    const options = { bias: config.mlp_bias };
    const gate = activation(linear(context, `${block}.gate_proj`, x, options));
    return linear(
      context,
      `${block}.down_proj`,
      tf.mul(gate, linear(context, `${block}.up_proj`, x, options)),
      options,
    );
  }

  return {
    architecture: 'llama',
    config: raw,
    parameters,
    linearLayers,
    scaledChannels,
    headParameter: config.tie_word_embeddings ? 'model.embed_tokens.weight' : 'lm_head.weight',
    shape: {
      kind: 'decoder',
      layers: config.num_hidden_layers,
      encoderLayers: 0,
      hidden,
      heads,
      kvHeads,
      headDimension,
      valueDimension: headDimension,
      cacheWidth: 2 * kvHeads * headDimension,
      feedForward: ffn,
      feedForwardMatrices: 3,
      vocabulary: config.vocab_size,
      contextLength: config.max_position_embeddings,
      slidingWindows: windows,
      tiedEmbeddings: config.tie_word_embeddings,
    },
    // Old checkpoints also store rotary frequencies, and some a copy of the tied head.
    parameterName: (tensorName) => (known.has(tensorName) ? tensorName : undefined),
    hiddenStates(context, tokens, positions, capacity) {
      const norm = (x: Tensor, module: string): Tensor =>
        rmsNorm(x, context.parameter(`${module}.weight`), config.rms_norm_eps);
      let x = embedding(context.parameter('model.embed_tokens.weight'), tokens); // [batch, length, hidden]
      for (let layer = 0; layer < config.num_hidden_layers; layer++) {
        const block = `model.layers.${layer}`;
        x = tf.add(x, attention(context, layer, norm(x, `${block}.input_layernorm`), positions, capacity));
        x = tf.add(x, feedForward(context, layer, norm(x, `${block}.post_attention_layernorm`)));
      }
      return norm(x, 'model.norm');
    },
  };
}

/** LLaMA 1 to 3, SmolLM2, TinyLlama, Mistral, Qwen2 and Qwen2.5, Qwen3 (dense). */
export const llama: Architecture = { id: 'llama', modelTypes: ['llama', 'mistral', 'qwen2', 'qwen3'], read };
