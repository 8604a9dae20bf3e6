/** LoRA: small matrices beside the frozen ones, and their way into them. */
export { adapterConfigOf, loraSettingsOf } from './lora-config.js';
export { loraParameters, loraScaling, loraTargets, mergeLora, type LoraSettings } from './lora.js';
