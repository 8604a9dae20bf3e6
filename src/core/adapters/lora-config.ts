import type { LoraAdapterConfig } from '../checkpoints/adapter-folder.js';
import type { Model } from '../architectures/architecture.js';
import { loraTargets, type LoraSettings } from './lora.js';

/** The settings that an adapter's published configuration describes. */
export function loraSettingsOf(config: LoraAdapterConfig): LoraSettings {
  return {
    rank: config.r,
    alpha: config.lora_alpha,
    dropout: config.lora_dropout,
    targets: config.target_modules,
    rankStabilized: config.use_rslora,
  };
}

/** The published configuration of an adapter for a model. */
export function adapterConfigOf(model: Model, settings: LoraSettings, base: string): LoraAdapterConfig {
  const layers = loraTargets(model, settings);
  return {
    base_model_name_or_path: base,
    r: settings.rank,
    lora_alpha: settings.alpha,
    lora_dropout: settings.dropout,
    // PEFT has no word for all linear layers in a saved configuration: it lists them by their last names.
    target_modules:
      typeof settings.targets === 'string' && settings.targets !== 'all-linear'
        ? settings.targets
        : [...new Set(layers.map(({ module }) => module.split('.').at(-1)!))].sort(),
    use_rslora: settings.rankStabilized,
    fan_in_fan_out: layers.every(({ inputsFirst }) => inputsFirst),
  };
}
