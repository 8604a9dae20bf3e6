import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { loraTargets, mergeLora } from '../../core/adapters/lora.js';
import { countParameters } from '../../core/architectures/architecture.js';
import type { StorageType } from '../../core/checkpoints/checkpoint.js';
import { loadWeights } from '../../core/checkpoints/load-weights.js';
import { openModelFolder, writeModelFolder } from '../../core/checkpoints/model-folder.js';
import { fileChunks } from '../../core/dataset-formats/file-chunks.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { loadAdapter } from '../../core/generation/load-adapter.js';
import { openModelSource } from '../../core/generation/load-language-model.js';
import { commandWord } from '../../core/project/command-word.js';
import { pathInProject } from '../../core/project/project-folder.js';
import { fileNamePart, type DoneStep } from '../../core/project/stage-record.js';
import type { ProgressListener } from '../../core/progress/progress-event.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';
import { CARD_FILE, writeMergedCard } from './model-card.js';

const optionsSchema = z.object({
  /** Folder of the adapter, or of the run that made it. */
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
  readonly adapter: string;
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
 * Adds a LoRA adapter into its base model's weights and writes the result as a model of its own.
 *
 * @throws ToolkitError when either folder cannot be read, they do not fit each other, or `out` is not empty
 */
export async function mergeAdapter(options: MergeOptions, ports: MergePorts): Promise<MergeResult> {
  const { adapter: named, out, base, storage } = parseOptions(optionsSchema, options);
  const { files, onProgress, signal } = ports;
  const source = await openModelSource(
    files,
    base === undefined ? { model: named } : { model: base, adapter: named },
  );
  if (source.adapterFolder === undefined) {
    throw new ToolkitError(
      `${named}: is a model, not an adapter`,
      'USAGE',
      'Give a folder with adapter_config.json.',
    );
  }
  const { model, folder } = source;
  const { settings, weights: adapterWeights } = await loadAdapter(files, source.adapterFolder, model);
  const checkpoint = await openModelFolder(files, folder);
  await checkpoint.close();
  const stored = storage ?? storageOf([...checkpoint.tensors.values()].map(({ dtype }) => dtype));
  // An adapter trained on a changed tokenizer or chat template brings its own, and generates with it.
  const hasTokenizer = (await files.stat(join(source.adapterFolder, 'tokenizer.json'))) !== undefined;
  const weights = await loadWeights(files, folder, model, onProgress, signal);
  mergeLora(model, settings, weights, adapterWeights);
  const mergedLayers = loraTargets(model, settings).length;
  const card = await writeMergedCard(
    {
      ...{ title: basename(out), base: folder, adapterFolder: source.adapterFolder, settings, mergedLayers },
      architecture: String(model.config['model_type']),
      adapterSha256: await digestOf(files, join(source.adapterFolder, 'adapter_model.safetensors')),
      storage: stored,
    },
    files,
  );
  await writeModelFolder(files, out, {
    config: checkpoint.config,
    ...(checkpoint.generationConfig && { generationConfig: checkpoint.generationConfig }),
    state: weights,
    storage: stored,
    tokenizerFilesFrom: hasTokenizer ? source.adapterFolder : folder,
    extraFiles: { [CARD_FILE]: card },
  });
  return {
    output_dir: out,
    base: folder,
    adapter: source.adapterFolder,
    merged_layers: mergedLayers,
    parameters: countParameters(model.parameters),
    storage: stored,
  };
}

async function digestOf(files: FileSystem, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of fileChunks(files, path)) hash.update(chunk);
  return hash.digest('hex');
}

/** What a project keeps of a merge. */
export function mergeStep(project: string, result: MergeResult): DoneStep {
  const [adapter, base, out] = [result.adapter, result.base, result.output_dir].map((path) =>
    pathInProject(project, path),
  );
  return {
    stage: 'deploy',
    name: `deploy-${fileNamePart(out!)}`,
    command: `genai adapt merge --adapter ${commandWord(adapter!)} --base ${commandWord(base!)} --out ${commandWord(out!)}`,
    inputs: [base!, adapter!],
    outputs: [out!],
    results: { kind: 'merged model', layers: result.merged_layers, storage: result.storage },
  };
}

/** The type most tensors have; integer buffers do not count. */
export function storageOf(dtypes: readonly string[]): StorageType {
  const types: StorageType[] = ['F32', 'F16', 'BF16'];
  const counted = types.map((type) => dtypes.filter((dtype) => dtype === type).length);
  return types[counted.indexOf(Math.max(...counted))]!;
}
