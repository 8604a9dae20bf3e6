/** Models in the forms that other programs run, and the proof that they are still the same. */
export { exportModel, type ModelExport } from './export-model.js';
export type { ExportPorts, ExportRequest, ExportTarget } from './export-target.js';
export { findPrecision, findTarget } from './find-precision.js';
export { readManifest, type ExportManifest } from './manifest.js';
export { deriveTemplate, type DerivedTemplate } from './ollama/derive-template.js';
export { readModelfile, writeModelfile, type Modelfile } from './ollama/modelfile.js';
export { decoderGraph } from './onnx/decoder-graph.js';
export { onnxFile, type OnnxFile } from './onnx/onnx-file.js';
export { EXPORT_TARGETS } from './targets/index.js';
export { klDivergence, LogitComparison, type LogitDistance } from './verify/compare-logits.js';
export {
  comparePredictions,
  compareTexts,
  type ComparisonPorts,
  type ComparisonSettings,
  type Reference,
  type VerificationRow,
} from './verify/compare-runners.js';
export type { ExportRunner, SpecialToken } from './verify/export-runner.js';
export { LIMITS, precisionClass, STORED_LIMITS, type Limits, type PrecisionClass } from './verify/limits.js';
export { locateExport, openExport, type ExportPlace, type OpenedExport } from './verify/open-export.js';
export { openToolkitRunner, type ToolkitRunnerPorts } from './verify/toolkit-runner.js';
