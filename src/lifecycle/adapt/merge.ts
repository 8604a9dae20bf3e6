import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { loraParameters, mergeLora } from '../../core/adapters/lora.js';
import { loraSettingsOf } from '../../core/adapters/lora-config.js';
import { countParameters } from '../../core/architectures/architecture.js';
import { readModel } from '../../core/architectures/index.js';
import { readAdapterFolder } from '../../core/checkpoints/adapter-folder.js';
import type { StorageType } from '../../core/checkpoints/checkpoint.js';
import { loadWeights } from '../../core/checkpoints/load-weights.js';
import { openModelFolder, writeModelFolder } from '../../core/checkpoints/model-folder.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { ProgressListener } from '../../core/progress/progress-event.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';

const optionsSchema = z.object({
  /** Folder with `adapter_config.json`. */
  adapter: z.string().min(1),
  /** Folder of the merged model; it must not exist yet. */
  out: z.string().min(1),
  /** Folder of the base model; what the adapter names unless told. */
  base: z.string().min(1).optional(),
  /** How the weights are stored; as the base's unless told. */
  storage: z.enum(['F32', 'F16', 'BF16']).optional(),
});

/** Options of {@link mergeAdapter}. */
export type MergeOptions = z.input<typeof optionsSchema>;

/** What {@link mergeAdapter} did. */
export interface MergeResult {
  readonly output_dir: string;
  readonly base: string;
  readonly merged_layers: number;
  readonly parameters: number;
  readonly storage: StorageType;
}

/** What {@link mergeAdapter} needs from outside. */
export interface MergePorts {
  readonly files: FileSystem;
  readonly onProgress: ProgressListener;
  readonly signal?: AbortSignal;
}

/**
 * The folder of an adapter's base model: as its configuration says, seen from the working directory or from the
 * adapter's own folder.
 */
export async function findBaseModel(files: FileSystem, adapter: string, named: string | null): Promise<string> {
  if (named === null) {
    throw new ToolkitError(`${adapter}: the adapter does not name its base model`, 'USAGE', 'Give its folder with --base.');
  }
  const candidates = isAbsolute(named) ? [named] : [resolve(named), resolve(adapter, named)];
  for (const candidate of candidates) {
    if ((await files.stat(join(candidate, 'config.json'))) !== undefined) return candidate;
  }
  throw new ToolkitError(
    `${adapter}: its base model ${JSON.stringify(named)} was not found`,
    'NOT_FOUND',
    'Give the folder of the base model with --base.',
  );
}

/**
 * Adds a LoRA adapter into its base model's weights and writes the result as a model of its own.
 *
 * @throws ToolkitError when either folder cannot be read, they do not fit each other, or `out` exists
 */
export async function mergeAdapter(options: MergeOptions, ports: MergePorts): Promise<MergeResult> {
  const { adapter: adapterFolder, out, base: chosenBase, storage } = parseOptions(optionsSchema, options);
  const { files, onProgress, signal } = ports;
  const adapter = await readAdapterFolder(files, adapterFolder);
  const base = chosenBase ?? (await findBaseModel(files, adapterFolder, adapter.config.base_model_name_or_path));
  const folder = await openModelFolder(files, base);
  const { config, generationConfig } = folder;
  const stored = storage ?? storageOf([...folder.tensors.values()].map(({ dtype }) => dtype));
  await folder.close();
  const model = readModel(config, join(base, 'config.json'));
  const settings = loraSettingsOf(adapter.config);

  const expected = loraParameters(model, settings);
  const wrong = expected.filter(({ name, shape }) => adapter.state.get(name)?.shape.join() !== shape.join());
  if (wrong.length > 0 || adapter.state.size !== expected.length) {
    throw new ToolkitError(
      `${adapterFolder}: the adapter does not fit ${base}: ${wrong[0]?.name ?? 'it has tensors for layers that are not there'}`,
      'BAD_CHECKPOINT',
      'Give the model that the adapter was trained on with --base.',
    );
  }

  const weights = await loadWeights(files, base, model, onProgress, signal);
  mergeLora(model, settings, weights, adapter.state);
  await writeModelFolder(files, out, {
    config,
    ...(generationConfig && { generationConfig }),
    state: weights,
    storage: stored,
    tokenizerFilesFrom: base,
  });
  return {
    output_dir: out,
    base,
    merged_layers: expected.length / 2,
    parameters: countParameters(model.parameters),
    storage: stored,
  };
}

/** The type most tensors have; integer buffers do not count. */
export function storageOf(dtypes: readonly string[]): StorageType {
  const types: StorageType[] = ['F32', 'F16', 'BF16'];
  const counted = types.map((type) => dtypes.filter((dtype) => dtype === type).length);
  return types[counted.indexOf(Math.max(...counted))]!;
}
