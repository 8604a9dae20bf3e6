/** The parts that architectures are made of, as functions of tensors. */
export { ACTIVATION_NAMES, activationByName } from './activation.js';
export { sequenceAttention } from './attention.js';
export { embedding } from './embedding.js';
export type { AttentionRequest, ForwardContext } from './forward-context.js';
export { linear, type LinearOptions } from './linear.js';
export { layerNorm, rmsNorm } from './normalization.js';
export { rotaryTable, type RotaryScaling, type RotarySettings } from './rotary-scaling.js';
export { rotary } from './rotary.js';
