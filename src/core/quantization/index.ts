/** Weights in integers of few bits: how they are rounded, what that costs, and how scales are found that cost less. */
export { activationScales, searchScales, type ChannelReader, type FoundScales } from './awq.js';
export { calibrate, type Calibration, type LayerInputs } from './calibration.js';
export { dequantizeMatrix } from './dequantize-matrix.js';
export { fakeQuantize } from './fake-quantization.js';
export { bitsPerWeight, BLOCK_SIZES, type IntegerScheme } from './integer-scheme.js';
export { OutputErrors, type OutputError } from './output-error.js';
export { planLayers, type KeptLayer, type LayerPlan, type PlannedLayer } from './plan-layers.js';
export { quantizeMatrix, type QuantizeOptions } from './quantize-matrix.js';
export {
  QUANTIZATION_METHODS,
  quantizeModel,
  roundActivations,
  type LayerLoss,
  type QuantizationMethod,
  type QuantizedModel,
  type QuantizeModelOptions,
} from './quantize-model.js';
export { blocksPerRow, type QuantizedMatrix } from './quantized-matrix.js';
export { blockScale, type BlockScale } from './scale.js';
