import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { ACTIVATION_NAMES, activationByName } from '../layers/activation.js';
import { embedding } from '../layers/embedding.js';
import type { ForwardContext } from '../layers/forward-context.js';
import { linear, type LinearOptions } from '../layers/linear.js';
import { layerNorm } from '../layers/normalization.js';
import type { Architecture, Initializer, LinearLayer, Model, ParameterSpec } from './architecture.js';
import { layerCount, positionCount, vocabularySize, width } from './bounds.js';
import { readConfig } from './read-config.js';

const schema = z
  .object({
    vocab_size: vocabularySize,
    n_positions: positionCount,
    n_embd: width,
    n_layer: layerCount,
    n_head: width,
    n_inner: width.nullish(),
    activation_function: z.enum(ACTIVATION_NAMES as [string, ...string[]]).default('gelu_new'),
    layer_norm_epsilon: z.number().positive().default(1e-5),
    initializer_range: z.number().positive().default(0.02),
    scale_attn_weights: z.boolean().default(true),
    scale_attn_by_inverse_layer_idx: z.boolean().default(false),
    tie_word_embeddings: z.boolean().default(true),
    add_cross_attention: z.literal(false, 'cross-attention is not supported').default(false),
  })
  .loose()
  .refine(({ n_embd, n_head }) => n_embd % n_head === 0, {
    path: ['n_head'],
    message: 'does not divide the hidden size n_embd',
  });

/** GPT-2's linear layers store their weights [inputs, outputs] and have a bias. */
const CONV1D: LinearOptions = { bias: true, inputsFirst: true };

function read(raw: Readonly<Record<string, unknown>>): Model {
  const config = readConfig(schema, raw);
  const hidden = config.n_embd;
  const ffn = config.n_inner ?? 4 * hidden;
  const headDimension = hidden / config.n_head;
  const activation = activationByName(config.activation_function);

  const normal: Initializer = { kind: 'normal', deviation: config.initializer_range };
  // Projections into the residual stream start smaller by the number of them (Radford et al. 2019, section 2.3).
  const residual: Initializer = {
    kind: 'normal',
    deviation: config.initializer_range / Math.sqrt(2 * config.n_layer),
  };
  const ones: Initializer = { kind: 'constant', value: 1 };
  const zeros: Initializer = { kind: 'constant', value: 0 };
  const parameters: ParameterSpec[] = [
    { name: 'transformer.wte.weight', shape: [config.vocab_size, hidden], initializer: normal },
    { name: 'transformer.wpe.weight', shape: [config.n_positions, hidden], initializer: normal },
  ];
  const linearLayers: LinearLayer[] = [];
  const addNorm = (module: string): void => {
    parameters.push({ name: `${module}.weight`, shape: [hidden], initializer: ones });
    parameters.push({ name: `${module}.bias`, shape: [hidden], initializer: zeros });
  };
  const addLinear = (module: string, inputs: number, outputs: number, initializer: Initializer): void => {
    linearLayers.push({ module, inputs, outputs, inputsFirst: true });
    parameters.push({ name: `${module}.weight`, shape: [inputs, outputs], initializer });
    parameters.push({ name: `${module}.bias`, shape: [outputs], initializer: zeros });
  };
  for (let layer = 0; layer < config.n_layer; layer++) {
    const block = `transformer.h.${layer}`;
    addNorm(`${block}.ln_1`);
    addLinear(`${block}.attn.c_attn`, hidden, 3 * hidden, normal);
    addLinear(`${block}.attn.c_proj`, hidden, hidden, residual);
    addNorm(`${block}.ln_2`);
    addLinear(`${block}.mlp.c_fc`, hidden, ffn, normal);
    addLinear(`${block}.mlp.c_proj`, ffn, hidden, residual);
  }
  addNorm('transformer.ln_f');
  if (!config.tie_word_embeddings) {
    parameters.push({ name: 'lm_head.weight', shape: [config.vocab_size, hidden], initializer: normal });
  }
  const known = new Set(parameters.map(({ name }) => name));

  function attentionScale(layer: number): number {
    const scale = config.scale_attn_weights ? 1 / Math.sqrt(headDimension) : 1;
    return config.scale_attn_by_inverse_layer_idx ? scale / (layer + 1) : scale;
  }

  function attention(context: ForwardContext, layer: number, x: Tensor): Tensor {
    const block = `transformer.h.${layer}.attn`;
    const [query, key, value] = tf.split(linear(context, `${block}.c_attn`, x, CONV1D), 3, 2) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const heads = config.n_head;
    const attended = context.attend({
      layer,
      query,
      key,
      value,
      heads,
      kvHeads: heads,
      scale: attentionScale(layer),
      slidingWindow: undefined,
    });
    return linear(context, `${block}.c_proj`, attended, CONV1D);
  }

  function feedForward(context: ForwardContext, layer: number, x: Tensor): Tensor {
    const block = `transformer.h.${layer}.mlp`;
    return linear(
      context,
      `${block}.c_proj`,
      activation(linear(context, `${block}.c_fc`, x, CONV1D)),
      CONV1D,
    );
  }

  return {
    architecture: 'gpt2',
    config: raw,
    parameters,
    linearLayers,
    headParameter: config.tie_word_embeddings ? 'transformer.wte.weight' : 'lm_head.weight',
    shape: {
      kind: 'decoder',
      layers: config.n_layer,
      encoderLayers: 0,
      hidden,
      heads: config.n_head,
      kvHeads: config.n_head,
      headDimension,
      valueDimension: headDimension,
      cacheWidth: 2 * hidden,
      feedForward: ffn,
      feedForwardMatrices: 2,
      vocabulary: config.vocab_size,
      contextLength: config.n_positions,
      slidingWindows: Array.from({ length: config.n_layer }, () => undefined),
      tiedEmbeddings: config.tie_word_embeddings,
    },
    // The published GPT-2 files leave out the `transformer.` prefix and store the causal mask as a buffer.
    parameterName: (tensorName) => [tensorName, `transformer.${tensorName}`].find((name) => known.has(name)),
    hiddenStates(context, tokens, positions) {
      const norm = (x: Tensor, module: string): Tensor =>
        layerNorm(
          x,
          context.parameter(`${module}.weight`),
          context.parameter(`${module}.bias`),
          config.layer_norm_epsilon,
        );
      let x = tf.add(
        embedding(context.parameter('transformer.wte.weight'), tokens),
        embedding(context.parameter('transformer.wpe.weight'), positions),
      ); // [batch, length, hidden]
      for (let layer = 0; layer < config.n_layer; layer++) {
        const block = `transformer.h.${layer}`;
        x = tf.add(x, attention(context, layer, norm(x, `${block}.ln_1`)));
        x = tf.add(x, feedForward(context, layer, norm(x, `${block}.ln_2`)));
      }
      return norm(x, 'transformer.ln_f');
    },
  };
}

/** GPT-2 and models of its shape. */
export const gpt2: Architecture = { id: 'gpt2', modelTypes: ['gpt2'], read };
