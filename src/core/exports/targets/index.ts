/** The forms in which models leave this toolkit, by name. */
import type { ExportTarget } from '../export-target.js';
import { gguf } from './gguf.js';
import { ollama } from './ollama.js';
import { onnx } from './onnx.js';
import { safetensors } from './safetensors.js';

/** Every target, by its id. */
export const EXPORT_TARGETS: ReadonlyMap<string, ExportTarget> = new Map(
  [safetensors, onnx, gguf, ollama].map((target) => [target.id, target]),
);
