import type { FileSystem } from '../../platform/file-system.js';
import { mergeLora } from '../adapters/lora.js';
import { openWeights, type StoredWeights } from '../checkpoints/load-weights.js';
import { loadAdapter } from '../generation/load-adapter.js';
import type { ModelSource } from '../generation/load-language-model.js';

/**
 * The weights of a model with its adapter added in, fetched one at a time.
 *
 * @throws ToolkitError what `openWeights` and `loadAdapter` throw
 */
export async function openMergedWeights(
  files: FileSystem,
  { folder, adapterFolder, model }: ModelSource,
): Promise<StoredWeights> {
  const adapter = adapterFolder === undefined ? undefined : await loadAdapter(files, adapterFolder, model);
  const stored = await openWeights(files, folder, model);
  if (adapter === undefined) return stored;
  const { settings, weights } = adapter;
  const modules = new Map(
    (settings.targets as readonly string[]).map((module) => [`${module}.weight`, module]),
  );
  return {
    ...stored,
    async readTensor(parameter) {
      const tensor = await stored.readTensor(parameter);
      const module = modules.get(parameter);
      if (module !== undefined) {
        mergeLora(model, { ...settings, targets: [module] }, new Map([[parameter, tensor]]), weights);
      }
      return tensor;
    },
    readQuantized: async (parameter) =>
      modules.has(parameter) ? undefined : stored.readQuantized(parameter),
  };
}
