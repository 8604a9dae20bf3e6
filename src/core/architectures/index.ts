import { ToolkitError } from '../errors/toolkit-error.js';
import { countParameters, type Architecture, type Model } from './architecture.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';

export {
  countActiveParameters,
  countParameters,
  type Architecture,
  type Experts,
  type Initializer,
  type LinearLayer,
  type Model,
  type ModelKind,
  type ModelShape,
  type ModelStructure,
  type ParameterSpec,
  type ScaledChannels,
  type WeightSpec,
} from './architecture.js';
export { initializeParameters } from './initialize.js';

/** Every architecture this toolkit runs. */
export const ARCHITECTURES: readonly Architecture[] = [gpt2, llama];

/** Values of `model_type` that can be read. */
export function supportedModelTypes(): string[] {
  return ARCHITECTURES.flatMap(({ modelTypes }) => modelTypes).sort();
}

/**
 * Reads a parsed `config.json`.
 *
 * @param where the file's path, for messages
 * @throws ToolkitError `UNSUPPORTED` for another architecture, `BAD_CHECKPOINT` for a damaged configuration
 */
export function readModel(config: unknown, where = 'config.json'): Model {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new ToolkitError(`${where}: is not a JSON object`, 'BAD_CHECKPOINT', 'Get the file again.');
  }
  const fields = config as Record<string, unknown>;
  const modelType = fields['model_type'];
  const architecture = ARCHITECTURES.find(({ modelTypes }) => modelTypes.includes(String(modelType)));
  if (architecture === undefined) {
    throw new ToolkitError(
      `${where}: model_type ${JSON.stringify(modelType)} is not supported`,
      'UNSUPPORTED',
      `Supported: ${supportedModelTypes().join(', ')}.`,
    );
  }
  try {
    const model = architecture.read(fields);
    if (Number.isSafeInteger(countParameters(model.parameters))) return model;
    throw new ToolkitError(
      `${where}: describes more parameters than can be counted`,
      'BAD_CHECKPOINT',
      'Compare it with the config.json published with the model.',
    );
  } catch (error) {
    if (error instanceof ToolkitError && !error.message.startsWith(where)) {
      throw new ToolkitError(
        `${where}: ${error.message.replace(/^config\.json: /, '')}`,
        error.code,
        error.hint,
        error,
      );
    }
    throw error;
  }
}
