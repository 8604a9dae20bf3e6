import { fileURLToPath } from 'node:url';
import type { Model } from '../../../src/core/architectures/architecture.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import { writeAdapterFolder } from '../../../src/core/checkpoints/adapter-folder.js';
import { writeModelFolder } from '../../../src/core/checkpoints/model-folder.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

const STARTER_MODEL = fileURLToPath(new URL('../../../templates/starter-model', import.meta.url));

/** Tokens in the starter model's tokenizer. */
const VOCABULARY = 4096;

/** Writes a LLaMA of random weights with the starter model's tokenizer and chat template; the context is 128 tokens. */
export async function writeTinyModel(folder: string): Promise<Model> {
  const config = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    vocab_size: VOCABULARY,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    max_position_embeddings: 128,
    initializer_range: 0.5,
    tie_word_embeddings: true,
  };
  const model = readModel(config);
  await writeModelFolder(nodeFileSystem, folder, {
    config,
    state: initializeParameters(model.parameters, 2),
    storage: 'F32',
    tokenizerFilesFrom: STARTER_MODEL,
  });
  return model;
}

/** Writes an adapter that changes what the tiny model says. */
export async function writeTinyAdapter(
  folder: string,
  base: string | null,
  withTokenizer = false,
): Promise<void> {
  const state = new Map(
    ['A', 'B'].map((matrix): [string, { shape: number[]; data: Float32Array }] => [
      `base_model.model.model.layers.1.self_attn.o_proj.lora_${matrix}.weight`,
      {
        shape: matrix === 'A' ? [2, 16] : [16, 2],
        data: Float32Array.from({ length: 32 }, (_, index) => 5 * Math.sin(index + 1)),
      },
    ]),
  );
  await writeAdapterFolder(nodeFileSystem, folder, {
    config: {
      base_model_name_or_path: base,
      r: 2,
      lora_alpha: 4,
      lora_dropout: 0,
      target_modules: ['o_proj'],
      use_rslora: false,
      fan_in_fan_out: false,
    },
    state,
    storage: 'F32',
    ...(withTokenizer && { tokenizerFilesFrom: STARTER_MODEL }),
  });
}
