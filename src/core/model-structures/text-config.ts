/**
 * transformers' defaults of the families that run here: a text tower's published configuration names only what differs
 * from them, while a model's own `config.json` names all.
 */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  llama: {
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 11_008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    max_position_embeddings: 2048,
  },
  mistral: {
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 14_336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    max_position_embeddings: 131_072,
    sliding_window: 4096,
  },
};

/**
 * The text tower of a multimodal model's configuration, or `undefined` where there is none. What it leaves out is the
 * whole model's (the kind of model, whether the output matrix is tied) or has its family's default.
 */
export function textConfig(
  config: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const text = config['text_config'];
  if (typeof text !== 'object' || text === null || Array.isArray(text)) return undefined;
  const own = text as Readonly<Record<string, unknown>>;
  const modelType = own['model_type'] ?? config['model_type'];
  const outer = config['tie_word_embeddings'];
  return {
    ...DEFAULTS[String(modelType)],
    ...(outer === undefined ? {} : { tie_word_embeddings: outer }),
    ...own,
    model_type: modelType,
  };
}
