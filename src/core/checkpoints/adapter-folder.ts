import { join } from 'node:path';
import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { StateDict, StorageType } from './checkpoint.js';
import { formatJson, readJsonObject, type JsonObject } from './json-file.js';
import { isPickleName, refusePickle } from './pickled-weights.js';
import { quoteName } from './quote-name.js';
import { openSafetensors, writeSafetensors } from './safetensors.js';
import { describeShape, readStateDict } from './tensor-source.js';
import { copyTokenizerFiles } from './tokenizer-files.js';
import { WRITER_METADATA, writeWholeFolder, type WholeFolderOptions } from './whole-folder.js';

const CONFIG_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapter_model.safetensors';

const moduleNames = z.union([z.array(z.string()), z.string()]);

const loraAdapterConfig = z.object({
  base_model_name_or_path: z.string().nullable().default(null),
  /** Rank of every adapted module. */
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  /** Names that the adapted modules end in, or a regular expression that their whole names match. */
  target_modules: moduleNames,
  exclude_modules: moduleNames.nullish(),
  layers_to_transform: z.union([z.array(z.int()), z.int()]).nullish(),
  layers_pattern: moduleNames.nullish(),
  /** Scale by alpha/√r in place of alpha/r. */
  use_rslora: z.boolean().default(false),
  /** The base weights are stored [in, out], as GPT-2's are. */
  fan_in_fan_out: z.boolean().default(false),
});

/** The fields of PEFT's `LoraConfig` that say what a plain LoRA adapter computes, by their published names. */
export type LoraAdapterConfig = z.infer<typeof loraAdapterConfig>;

/** A LoRA adapter in host memory. */
export interface Adapter {
  readonly config: LoraAdapterConfig;
  /** `base_model.model.<module>.lora_A.weight` [r, in] and `….lora_B.weight` [out, r] of every adapted module. */
  readonly state: StateDict;
}

/** Fields that may hold anything: they record how an adapter came about, not what it computes. */
const INFORMATIVE_FIELDS = new Set([
  'auto_mapping',
  'inference_mode',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  // Settings of initialisations, all of which `init_lora_weights` chooses among.
  'corda_config',
  'eva_config',
  'loftq_config',
  'lora_ga_config',
]);

/** Fields that may hold one of these values only; others (pissa, olora, loftq, …) changed the base weights as well. */
const SUPPORTED_VALUES = new Map<string, readonly unknown[]>([
  ['peft_type', ['LORA']],
  ['task_type', ['CAUSAL_LM', null]],
  ['bias', ['none']],
  ['init_lora_weights', [true, false, 'gaussian', 'orthogonal', 'eva']],
]);

function isOff(value: unknown): boolean {
  return value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** Refuses every feature that would be dropped in silence, those of future PEFT releases included. */
function assertPlainLora(path: string, config: JsonObject): void {
  for (const [field, value] of Object.entries(config)) {
    const isKnown = Object.hasOwn(loraAdapterConfig.shape, field) || INFORMATIVE_FIELDS.has(field);
    if (isKnown || (SUPPORTED_VALUES.get(field)?.includes(value) ?? isOff(value))) continue;
    throw new ToolkitError(
      `${path}: ${quoteName(field)} is ${JSON.stringify(value).slice(0, 100)}, which is not supported`,
      'UNSUPPORTED',
      'Only plain LoRA adapters of causal language models can be used; merge this one into its base model with PEFT.',
    );
  }
  if (config['peft_type'] === undefined) {
    throw new ToolkitError(
      `${path}: "peft_type" is missing`,
      'BAD_CHECKPOINT',
      'Give a folder that PEFT wrote.',
    );
  }
}

function parseConfig(path: string, config: JsonObject): LoraAdapterConfig {
  assertPlainLora(path, config);
  const parsed = loraAdapterConfig.safeParse(config);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: field, message }) => `${field.join('.')}: ${message}`);
  throw new ToolkitError(`${path}: ${problems.join('; ')}`, 'BAD_CHECKPOINT', 'Correct these fields.');
}

const TENSOR_NAME = /^base_model\.model\.(?<module>.+)\.lora_(?<factor>[AB])\.weight$/;

/** Checks names, pairs and shapes against the configuration. `path` is named in errors. */
function assertConsistent(
  path: string,
  { r, target_modules: targets }: LoraAdapterConfig,
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): void {
  if (tensors.size === 0) throw new ToolkitError(`${path}: the adapter has no tensors`, 'BAD_CHECKPOINT');
  for (const [name, { shape }] of tensors) {
    const fail = (problem: string, code: 'BAD_CHECKPOINT' | 'UNSUPPORTED' = 'BAD_CHECKPOINT'): never => {
      throw new ToolkitError(`${path}: tensor ${quoteName(name)} ${problem}`, code);
    };
    const { module, factor } = TENSOR_NAME.exec(name)?.groups ?? {};
    if (module === undefined) return fail('is not the lora_A or lora_B of a linear layer', 'UNSUPPORTED');
    if (
      Array.isArray(targets) &&
      !targets.some((target) => module === target || module.endsWith(`.${target}`))
    ) {
      fail(`belongs to none of the target_modules`);
    }
    const rankAxis = factor === 'A' ? 0 : 1;
    if (shape.length !== 2 || shape[rankAxis] !== r) {
      const expected = factor === 'A' ? `[${r}, inputs]` : `[outputs, ${r}]`;
      fail(`has shape ${describeShape(shape)}, not ${expected}`);
    }
    const other = `base_model.model.${module}.lora_${factor === 'A' ? 'B' : 'A'}.weight`;
    if (!tensors.has(other)) fail(`has no partner ${quoteName(other)}`);
  }
}

/**
 * Reads a LoRA adapter in PEFT's layout: `adapter_config.json` and `adapter_model.safetensors`.
 * @throws NOT_FOUND when there is no such folder; USAGE when it is not an adapter; UNSUPPORTED for pickled weights and
 *   for everything beyond plain LoRA on linear layers, naming the field; BAD_CHECKPOINT when damaged or inconsistent
 */
export async function readAdapterFolder(files: FileSystem, path: string): Promise<Adapter> {
  const info = await files.stat(path);
  if (info === undefined) {
    throw new ToolkitError(
      `${path}: no such adapter folder`,
      'NOT_FOUND',
      `Give a folder with ${CONFIG_FILE}.`,
    );
  }
  const names = info.kind === 'directory' ? await files.list(path) : [];
  if (!names.includes(CONFIG_FILE)) {
    const what = info.kind === 'file' ? 'is a file, an adapter folder is needed' : `has no ${CONFIG_FILE}`;
    throw new ToolkitError(
      `${path}: ${what}`,
      'USAGE',
      'Give a folder that PEFT or this toolkit saved an adapter in.',
    );
  }
  if (!names.includes(WEIGHTS_FILE)) {
    const pickle = names.find((name) => /^adapter_model\./.test(name) && isPickleName(name));
    if (pickle !== undefined) throw refusePickle(join(path, pickle));
    throw new ToolkitError(
      `${path}: the adapter has no ${WEIGHTS_FILE}`,
      'BAD_CHECKPOINT',
      'Get the missing file.',
    );
  }
  const configPath = join(path, CONFIG_FILE);
  const config = parseConfig(configPath, await readJsonObject(files, configPath));
  const weightsPath = join(path, WEIGHTS_FILE);
  const weights = await openSafetensors(files, weightsPath);
  try {
    assertConsistent(weightsPath, config, weights.tensors);
    const state = await readStateDict({ tensors: weights.tensors, readTensor: (name) => weights.read(name) });
    return { config, state };
  } finally {
    await weights.close();
  }
}

/** What an adapter folder is made of. */
export interface AdapterFolderContent extends WholeFolderOptions, Adapter {
  /** Type that the tensors are stored in. */
  readonly storage: StorageType;
  /** Folder whose tokenizer files are copied. */
  readonly tokenizerFilesFrom?: string;
}

/**
 * Writes a folder that PEFT's `PeftModel.from_pretrained` loads; it appears complete or not at all.
 * @throws BAD_CHECKPOINT when tensors and configuration contradict each other; USAGE when `path` exists and may not be
 *   replaced (see {@link WholeFolderOptions}); what {@link writeSafetensors} throws
 */
export async function writeAdapterFolder(
  files: FileSystem,
  path: string,
  content: AdapterFolderContent,
): Promise<void> {
  const { config, state, storage, tokenizerFilesFrom } = content;
  assertConsistent(path, config, state);
  const published = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    inference_mode: true,
    auto_mapping: null,
    revision: null,
    ...config,
    init_lora_weights: true,
    bias: 'none',
    modules_to_save: null,
    rank_pattern: {},
    alpha_pattern: {},
    use_dora: false,
  };
  await writeWholeFolder(files, path, content, async (folder) => {
    await writeSafetensors(files, join(folder, WEIGHTS_FILE), state, storage, WRITER_METADATA);
    await files.writeAtomic(join(folder, CONFIG_FILE), formatJson(published));
    if (tokenizerFilesFrom !== undefined) await copyTokenizerFiles(files, tokenizerFilesFrom, folder);
  });
}
