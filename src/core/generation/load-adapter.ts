import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { loraSettingsOf } from '../adapters/lora-config.js';
import { loraParameters, type LoraSettings } from '../adapters/lora.js';
import type { Model } from '../architectures/architecture.js';
import { readAdapterFolder } from '../checkpoints/adapter-folder.js';
import { quoteName } from '../checkpoints/quote-name.js';
import { describeShape } from '../checkpoints/tensor-source.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { LoadedAdapter } from './language-model.js';

const MATRIX_NAME = /^base_model\.model\.(.+)\.lora_A\.weight$/;

/**
 * Reads a LoRA adapter and checks that it belongs to the model.
 *
 * @param folder path of a folder in PEFT's layout
 * @throws ToolkitError what `readAdapterFolder` throws; `USAGE` for an adapter of another model
 */
export async function loadAdapter(files: FileSystem, folder: string, model: Model): Promise<LoadedAdapter> {
  const { config, state } = await readAdapterFolder(files, folder);
  // What is adapted is told by the tensors: the configuration may leave layers out in more ways than it lists names.
  const targets = [...state.keys()].flatMap((name) => MATRIX_NAME.exec(name)?.[1] ?? []);
  const stranger = targets.find((module) => !model.linearLayers.some((layer) => layer.module === module));
  const refuse = (problem: string): ToolkitError =>
    new ToolkitError(
      `${join(folder, 'adapter_model.safetensors')}: ${problem}`,
      'USAGE',
      'Use the adapter with the model that it was trained on (base_model_name_or_path in adapter_config.json).',
    );
  if (stranger !== undefined) throw refuse(`the model has no linear layer ${quoteName(stranger)}`);
  const settings: LoraSettings = { ...loraSettingsOf(config), targets };
  for (const { name, shape } of loraParameters(model, settings)) {
    const [found, expected] = [describeShape(state.get(name)!.shape), describeShape(shape)];
    if (found !== expected)
      throw refuse(`tensor ${quoteName(name)} has shape ${found}, the model needs ${expected}`);
  }
  return { settings, weights: state };
}
