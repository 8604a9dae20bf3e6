/** Models and adapters as GGUF files: what llama.cpp runs, written and read. */
export { exportGguf, type GgufExport, type GgufExportOptions, type GgufExportSource } from './export-gguf.js';
export { exportLoraGguf } from './export-lora-gguf.js';
export { GGUF_FAMILIES, type GgufFamily } from './families/index.js';
export { ggufFileTypes } from './file-types.js';
export { isGgufFile } from './gguf-parts.js';
export { openGgufModel } from './open-gguf-model.js';
export { writeGguf, type GgufTensorContent, type GgufWritePorts } from './write-gguf.js';
