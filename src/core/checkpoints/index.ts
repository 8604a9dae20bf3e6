/** Models and adapters on disk, in the layouts of Hugging Face and PEFT; safetensors, never pickle. */
export {
  readAdapterFolder,
  writeAdapterFolder,
  type Adapter,
  type AdapterFolderContent,
  type LoraAdapterConfig,
} from './adapter-folder.js';
export type { HostTensor, StateDict, StorageType } from './checkpoint.js';
export {
  exportGguf,
  exportLoraGguf,
  ggufFileTypes,
  isGgufFile,
  openGgufModel,
  type GgufExport,
  type GgufExportOptions,
  type GgufExportSource,
} from './gguf/index.js';
export { loadWeights } from './load-weights.js';
export {
  openModelFolder,
  writeModelFolder,
  type ModelFolder,
  type ModelFolderContent,
} from './model-folder.js';
export {
  openSafetensors,
  writeSafetensors,
  type SafetensorsDtype,
  type SafetensorsEntry,
  type SafetensorsFile,
} from './safetensors.js';
export { readStateDict, type TensorSource } from './tensor-source.js';
