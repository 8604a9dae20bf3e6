import { countParameters } from '../../architectures/architecture.js';
import type { StorageType } from '../../checkpoints/checkpoint.js';
import { writeModelFolder } from '../../checkpoints/model-folder.js';
import type { TensorSource } from '../../checkpoints/tensor-source.js';
import { tokenizerFolder } from '../tokenizer-folder.js';
import type { ExportTarget } from '../export-target.js';

const STORAGE: Readonly<Record<string, { readonly type: StorageType; readonly bytes: number }>> = {
  BF16: { type: 'BF16', bytes: 2 },
  F16: { type: 'F16', bytes: 2 },
  F32: { type: 'F32', bytes: 4 },
};

/** The layout that models are published in on the Hugging Face hub. */
export const safetensors: ExportTarget = {
  id: 'safetensors',
  description: 'A Hugging Face folder: transformers, vLLM, TGI, MLX and this toolkit',
  library: 'transformers',
  usage: {
    language: 'python',
    text: () =>
      'from transformers import AutoModelForCausalLM, AutoTokenizer\n\nmodel = AutoModelForCausalLM.from_pretrained(".")\ntokenizer = AutoTokenizer.from_pretrained(".")',
  },
  precisions: Object.keys(STORAGE),
  entry: () => '.',
  expectedBytes: ({ source, precision }) =>
    countParameters(source.model.parameters) * STORAGE[precision]!.bytes,
  async write({ source, weights, generationConfig, precision }, folder, { files, onProgress, signal }) {
    const { parameters } = source.model;
    let done = 0;
    const state: TensorSource = {
      tensors: new Map(parameters.map(({ name, shape }) => [name, { shape }])),
      readTensor(name) {
        signal?.throwIfAborted();
        onProgress({ stage: 'write', done: done++, total: parameters.length, unit: 'tensors' });
        return weights.readTensor(name);
      },
    };
    await writeModelFolder(files, folder, {
      config: source.model.config,
      ...(generationConfig && { generationConfig }),
      state,
      storage: STORAGE[precision]!.type,
      tokenizerFilesFrom: await tokenizerFolder(files, source),
    });
    return [];
  },
};
