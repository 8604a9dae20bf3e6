import { join } from 'node:path';
import { countParameters } from '../../architectures/architecture.js';
import { exportGguf, exportLoraGguf, ggufFileTypes } from '../../checkpoints/gguf/index.js';
import { loadAdapter } from '../../generation/load-adapter.js';
import type { ExportRequest, ExportTarget } from '../export-target.js';
import { tokenizerFolder } from '../tokenizer-folder.js';

/** The type of most people's files: near the original, and a third of the size of float16. */
const USUAL = 'Q4_K_M';

/** Bytes of a weight in the largest type; others are below, and the writer itself knows better. */
const LARGEST_BYTES = 4;

/** Name of the file in the export's folder. */
export function ggufFileName({ name, precision }: Pick<ExportRequest, 'name' | 'precision'>): string {
  return `${name}-${precision}.gguf`;
}

/** One file with tokenizer and chat template: what llama.cpp and all that is built on it run. */
export const gguf: ExportTarget = {
  id: 'gguf',
  description: 'A GGUF file: llama.cpp, LM Studio, Ollama, node-llama-cpp',
  library: 'gguf',
  usage: { language: 'sh', text: ({ entry }) => `llama-cli -m ${entry}` },
  precisions: [USUAL, ...ggufFileTypes().filter((type) => type !== USUAL)],
  entry: ggufFileName,
  // The writer refuses a disk that is too small by the exact size.
  expectedBytes: ({ source, precision }) =>
    precision === 'F32' ? countParameters(source.model.parameters) * LARGEST_BYTES : 0,
  async write(request, folder, ports) {
    const { source, weights, generationConfig, precision, name } = request;
    const { notes } = await exportGguf(
      {
        path: source.folder,
        model: source.model,
        readTensor: (parameter) => weights.readTensor(parameter),
        tokenizerFrom: await tokenizerFolder(ports.files, source),
        ...(generationConfig && { generationConfig }),
      },
      { type: precision, name },
      join(folder, ggufFileName(request)),
      ports,
    );
    return notes;
  },
  async writeAdapter({ adapterFolder, model }, name, folder, ports) {
    const file = `${name}-lora.gguf`;
    const adapter = await loadAdapter(ports.files, adapterFolder!, model);
    await exportLoraGguf(adapter, model, { path: adapterFolder!, name }, join(folder, file), ports);
    return file;
  },
};
