import { fileURLToPath } from 'node:url';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import { writeModelFolder } from '../../../src/core/checkpoints/model-folder.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

const STARTER_MODEL = fileURLToPath(new URL('../../../templates/starter-model', import.meta.url));

/** Of the layers' weights: the embedding of the last token prevails, so that answers do not hang on rounding. */
const LAYER_SCALE = 0.4;

/** Writes a LLaMA of random weights whose rows fill blocks of every type, with the starter model's tokenizer. */
export async function writeRandomModel(folder: string): Promise<void> {
  const config = {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    ...{ vocab_size: 4096, hidden_size: 256, intermediate_size: 256, num_hidden_layers: 2 },
    ...{ num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 256 },
    ...{
      initializer_range: 0.1,
      tie_word_embeddings: true,
      bos_token_id: 0,
      eos_token_id: 0,
      pad_token_id: 1,
    },
  };
  const state = initializeParameters(readModel(config).parameters, 5);
  for (const [name, { shape, data }] of state) {
    if (shape.length < 2 || name.includes('embed')) continue;
    for (let index = 0; index < data.length; index++) data[index]! *= LAYER_SCALE;
  }
  await writeModelFolder(nodeFileSystem, folder, {
    config,
    generationConfig: { bos_token_id: 0, eos_token_id: 0, temperature: 0.7, top_k: 20 },
    state,
    storage: 'F32',
    tokenizerFilesFrom: STARTER_MODEL,
  });
}
