import type { FileSystem } from '../../platform/file-system.js';
import type { Model } from '../architectures/architecture.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { ProgressListener } from '../progress/progress-event.js';
import type { QuantizedMatrix } from '../quantization/quantized-matrix.js';
import type { HostTensor, StateDict } from './checkpoint.js';
import { isJsonObject } from './json-file.js';
import { openModelFolder, type ModelFolder } from './model-folder.js';
import { quoteName } from './quote-name.js';
import { describeShape } from './tensor-source.js';

/** Problems shown in one message; a wrong folder has thousands. */
const SHOWN_PROBLEMS = 8;

/** What published checkpoints store beside parameters: rotary frequencies, and GPT-2's causal masks. */
const BUFFER_NAME = /(?:^|\.)(?:rotary_emb\.inv_freq|attn\.bias|attn\.masked_bias)$/;

function isSpare(name: string, model: Model): boolean {
  return BUFFER_NAME.test(name) || (model.shape.tiedEmbeddings && name === 'lm_head.weight');
}

/** Parameter → the tensor that holds it, and all that stands against loading them. */
function matchTensors(
  { tensors }: ModelFolder,
  model: Model,
): { stored: Map<string, string>; problems: string[] } {
  const stored = new Map<string, string>();
  const problems: string[] = [];
  const shapes = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
  for (const [name, entry] of tensors) {
    const parameter = model.parameterName(name);
    if (parameter === undefined) {
      if (!isSpare(name, model)) problems.push(`${quoteName(name)} is no parameter of this model`);
      continue;
    }
    const other = stored.get(parameter);
    if (other !== undefined)
      problems.push(`${quoteName(name)} and ${quoteName(other)} are the same parameter`);
    stored.set(parameter, name);
    const expected = describeShape(shapes.get(parameter)!);
    const found = describeShape(entry.shape);
    if (found !== expected) problems.push(`${quoteName(name)} has shape ${found}, not ${expected}`);
  }
  for (const { name } of model.parameters) {
    if (!stored.has(name)) problems.push(`${quoteName(name)} is missing`);
  }
  return { stored, problems };
}

function mismatch(folder: ModelFolder, model: Model, problems: readonly string[]): ToolkitError {
  const shown = problems.slice(0, SHOWN_PROBLEMS).map((problem) => `\n  ${problem}`);
  const more = problems.length > SHOWN_PROBLEMS ? `\n  … and ${problems.length - SHOWN_PROBLEMS} more` : '';
  const isQuantized = isJsonObject(folder.config['quantization_config']);
  const isOneFile = folder.configPath === folder.path;
  return new ToolkitError(
    `${folder.path}: the weights do not fit ${isOneFile ? 'the metadata' : 'config.json'} (architecture ${model.architecture}):${shown.join('')}${more}`,
    isQuantized ? 'UNSUPPORTED' : 'BAD_CHECKPOINT',
    isQuantized
      ? 'These weights are quantised; get the model as it was before quantisation.'
      : isOneFile
        ? 'Get the file again.'
        : 'Get config.json and the weights again, both from the same model.',
  );
}

/** The weights of a model, still on disk, by the names of its parameters. */
export interface StoredWeights {
  readTensor(parameter: string): Promise<HostTensor>;
  /** As in {@link ModelFolder}. */
  readQuantized(parameter: string): Promise<QuantizedMatrix | undefined>;
  /** Bytes that a parameter takes on disk. */
  bytesOf(parameter: string): number;
  close(): Promise<void>;
}

/**
 * Opens a folder whose weights are those of a model: every parameter once, each in its shape.
 *
 * @param folder path of a folder in the Hugging Face layout
 * @param model what its `config.json` describes
 * @throws ToolkitError what `openModelFolder` throws; `BAD_CHECKPOINT` that lists all tensors that are missing, too many
 *   or of another shape
 */
export async function openWeights(files: FileSystem, folder: string, model: Model): Promise<StoredWeights> {
  const checkpoint = await openModelFolder(files, folder);
  const { stored, problems } = matchTensors(checkpoint, model);
  if (problems.length > 0) {
    await checkpoint.close();
    throw mismatch(checkpoint, model, problems);
  }
  return {
    readTensor: (parameter) => checkpoint.readTensor(stored.get(parameter)!),
    readQuantized: async (parameter) => checkpoint.readQuantized?.(stored.get(parameter)!),
    bytesOf: (parameter) => checkpoint.tensors.get(stored.get(parameter)!)!.bytes,
    close: () => checkpoint.close(),
  };
}

/**
 * Reads all parameters of a model from its folder, as float32 in host memory.
 *
 * @param signal stops between two tensors
 * @returns every parameter once, by its name in `model.parameters` and in that order
 * @throws ToolkitError what {@link openWeights} throws; `OUT_OF_RESOURCES` when they do not fit in memory
 */
export async function loadWeights(
  files: FileSystem,
  folder: string,
  model: Model,
  onProgress: ProgressListener = () => undefined,
  signal?: AbortSignal,
): Promise<StateDict> {
  const stored = await openWeights(files, folder, model);
  try {
    const total = model.parameters.reduce((sum, { name }) => sum + stored.bytesOf(name), 0);
    const report = (done: number): void => onProgress({ stage: 'load weights', done, total, unit: 'bytes' });
    const weights: StateDict = new Map();
    let done = 0;
    report(done);
    for (const { name } of model.parameters) {
      signal?.throwIfAborted();
      weights.set(name, await stored.readTensor(name));
      done += stored.bytesOf(name);
      report(done);
    }
    return weights;
  } finally {
    await stored.close();
  }
}
