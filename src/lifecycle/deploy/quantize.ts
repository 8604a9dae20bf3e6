import { join, resolve } from 'node:path';
import { countParameters, type Model } from '../../core/architectures/architecture.js';
import type { HostTensor, StorageType } from '../../core/checkpoints/checkpoint.js';
import {
  formatCompressedTensorsConfig,
  type QuantizedLayers,
} from '../../core/checkpoints/compressed-tensors-config.js';
import { loadWeights, openWeights } from '../../core/checkpoints/load-weights.js';
import { openModelFolder, writeModelFolder } from '../../core/checkpoints/model-folder.js';
import { castTensors, type StoredTensor } from '../../core/checkpoints/safetensors.js';
import { assertMayWrite } from '../../core/checkpoints/whole-folder.js';
import { compressedTensors } from '../../core/checkpoints/write-compressed-tensors.js';
import type { Engine } from '../../core/engine/engine.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { MetricValue } from '../../core/evaluation/evaluation-result.js';
import { loadRows } from '../../core/evaluation/load-rows.js';
import { taskOfDataset } from '../../core/evaluation/task-of-dataset.js';
import { openModelSource, type ModelSource } from '../../core/generation/load-language-model.js';
import { encodeText } from '../../core/generation/prompts.js';
import { CARD_FILE } from '../../core/model-cards/written-card.js';
import { commandWord } from '../../core/project/command-word.js';
import { pathInProject } from '../../core/project/project-folder.js';
import { fileNamePart, type DoneStep } from '../../core/project/stage-record.js';
import { calibrate, type Calibration } from '../../core/quantization/calibration.js';
import { planLayers, type LayerPlan } from '../../core/quantization/plan-layers.js';
import {
  quantizeModel,
  type LayerLoss,
  type QuantizedModel,
} from '../../core/quantization/quantize-model.js';
import type { ProgressListener } from '../../core/progress/progress-event.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';
import { measureModel, openMeasurement, type MeasurePorts } from './measure-model.js';
import { writeQuantizedCard } from './quantize-card.js';
import {
  FLOATING_POINT,
  integerTarget,
  quantizeSchema,
  type IntegerTarget,
  type QuantizeOptions,
  type QuantizeSettings,
} from './quantize-options.js';
import type { MeasuredChange, QuantizeResult } from './quantize-result.js';

export type { QuantizeResult } from './quantize-result.js';

/** What {@link quantize} needs from outside. */
export interface QuantizePorts extends MeasurePorts {
  readonly onProgress: ProgressListener;
}

/** Tokens of a text that is calibrated on, from its start on. */
const CALIBRATION_LENGTH = 512;

/** Largest value that rounds to a finite float16 is below this, 2^16 - 2^4. */
const FLOAT16_OVERFLOW = 65_520;

/**
 * Quantises a model after its training and writes it as a folder that transformers loads.
 *
 * @throws ToolkitError `USAGE` for options that do not go together, names that no layer has, and a folder that may not be
 *   written; `UNSUPPORTED` for architectures and values that the target cannot hold; what reading models and datasets
 *   throws
 */
export async function quantize(options: QuantizeOptions, ports: QuantizePorts): Promise<QuantizeResult> {
  const settings = parseOptions(quantizeSchema, options);
  const { files } = ports;
  const target = integerTarget(settings);
  const source = await openModelSource(files, { model: settings.model });
  if (source.adapterFolder !== undefined) {
    throw new ToolkitError(
      `${settings.model}: is an adapter; its base model cannot be quantised with it in this form`,
      'USAGE',
      `Merge them first: genai adapt merge --adapter ${commandWord(settings.model)} --out FOLDER`,
    );
  }
  await assertFree(settings, source, files);
  const storage = FLOATING_POINT[settings.to] ?? (await storageOf(files, source.folder));
  const scheme = target && { ...target, scaleType: storage };
  const plan: LayerPlan | undefined = scheme && planLayers(source.model, scheme, settings.keep);
  // All that may be wrong with datasets shows before hours of work, not after.
  const texts = settings.calibrate === undefined ? [] : await readTexts(settings, source, files);
  const { evaluate, split, evaluationRows: limit, metrics, seed } = settings;
  const measurement =
    evaluate === undefined
      ? undefined
      : await openMeasurement({ path: evaluate, split, limit, metrics }, ports);
  const before = measurement && (await measureModel(source.folder, new Set(), measurement, seed, ports));

  const made =
    target === undefined || plan === undefined
      ? await castModel(source, storage, ports)
      : await integerModel(source, { target, plan, storage, texts }, ports);
  const write = (card: string): Promise<void> =>
    writeModelFolder(files, settings.out, {
      ...{ config: made.config, state: { stored: made.stored }, storage, replace: settings.force },
      ...(made.generationConfig && { generationConfig: made.generationConfig }),
      tokenizerFilesFrom: source.folder,
      extraFiles: { [CARD_FILE]: card },
    });
  const draft = describe(settings, source, { target, plan, storage, losses: made.losses, texts });
  try {
    await write(await writeQuantizedCard(draft, source.model, files));
  } finally {
    await made.close();
  }
  const rounded = new Set(target?.dynamicActivations ? plan!.quantized.map(({ module }) => module) : []);
  const after = measurement && (await measureModel(settings.out, rounded, measurement, seed, ports));
  const bytesAfter = await weightBytes(files, settings.out);
  const result: QuantizeResult = {
    ...draft,
    bytes_before: await weightBytes(files, source.folder),
    bytes_after: bytesAfter,
    bits_per_weight: (8 * bytesAfter) / draft.parameters,
    evaluation:
      measurement === undefined
        ? null
        : {
            ...{ path: measurement.path, sha256: measurement.sha256, rows: measurement.rows },
            metrics: changesOf(before!, after!),
          },
  };
  // What was written is complete; its card now says what was measured of it too.
  await files.writeAtomic(
    join(settings.out, CARD_FILE),
    await writeQuantizedCard(result, source.model, files),
  );
  return result;
}

/** @throws ToolkitError `USAGE` where the folder may not be written, or is the model's own */
async function assertFree(
  { out, force }: QuantizeSettings,
  source: ModelSource,
  files: FileSystem,
): Promise<void> {
  if (resolve(out) === resolve(source.folder)) {
    throw new ToolkitError(`${out}: is the model itself`, 'USAGE', 'Choose another folder with --out.');
  }
  await assertMayWrite(files, resolve(out), force);
}

/** float16 stays what it is; all else is held in bfloat16, whose range is that of float32. */
async function storageOf(files: FileSystem, folder: string): Promise<StorageType> {
  const checkpoint = await openModelFolder(files, folder);
  await checkpoint.close();
  const types = [...checkpoint.tensors.values()].map(({ dtype }) => dtype);
  return types.filter((type) => type === 'F16').length > types.length / 2 ? 'F16' : 'BF16';
}

/** Token ids of the texts to calibrate on. */
async function readTexts(
  { calibrate: path, calibrationRows }: QuantizeSettings,
  { model, tokenizer }: ModelSource,
  files: FileSystem,
): Promise<number[][]> {
  const { rows } = await loadRows(files, { path: path!, split: 'train' });
  const made = taskOfDataset({
    ...{ name: 'calibration', path: path!, rows: rows.slice(0, calibrationRows) },
    ...{ metrics: ['perplexity'], areLabelsGenerated: false },
  });
  const most = Math.min(CALIBRATION_LENGTH, model.shape.contextLength);
  const texts = made.rows.map(({ text }) => (text as string).trim()).filter((text) => text !== '');
  if (texts.length > 0) return texts.map((text) => encodeText(tokenizer, text).slice(0, most));
  throw new ToolkitError(`${path!}: has no texts to calibrate on`, 'BAD_DATASET', 'Choose other rows.');
}

/** A model as it is to be written. */
interface MadeModel {
  readonly stored: ReadonlyMap<string, StoredTensor>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly generationConfig: Readonly<Record<string, unknown>> | undefined;
  readonly losses: readonly LayerLoss[];
  close(): Promise<void>;
}

async function castModel(
  { folder, model }: ModelSource,
  storage: StorageType,
  { files, onProgress, signal }: QuantizePorts,
): Promise<MadeModel> {
  const generationConfig = await generationConfigOf(files, folder);
  const weights = await openWeights(files, folder, model);
  try {
    if (storage === 'F16') {
      let [count, worst] = [0, ''];
      for (const [done, { name }] of model.parameters.entries()) {
        signal?.throwIfAborted();
        onProgress({ stage: 'check range', done, total: model.parameters.length, unit: 'tensors' });
        const { data } = await weights.readTensor(name);
        const beyond = data.reduce((sum, value) => sum + Number(Math.abs(value) >= FLOAT16_OVERFLOW), 0);
        if (beyond > 0 && count === 0) worst = name;
        count += beyond;
      }
      if (count > 0) {
        throw new ToolkitError(
          `${folder}: ${count} weights are beyond the range of float16 (65,504), the first in ${worst}`,
          'UNSUPPORTED',
          'Choose --to bf16, which has the range of float32.',
        );
      }
    }
  } catch (error) {
    await weights.close();
    throw error;
  }
  const tensors = new Map(model.parameters.map(({ name, shape }) => [name, { shape }]));
  return {
    stored: castTensors({ tensors, readTensor: (name) => weights.readTensor(name) }, storage),
    config: model.config,
    generationConfig,
    losses: [],
    close: () => weights.close(),
  };
}

async function generationConfigOf(
  files: FileSystem,
  folder: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const checkpoint = await openModelFolder(files, folder);
  await checkpoint.close();
  return checkpoint.generationConfig;
}

interface IntegerPlan {
  readonly target: IntegerTarget;
  readonly plan: LayerPlan;
  readonly storage: StorageType;
  /** Token ids to calibrate on; none where nothing is calibrated. */
  readonly texts: readonly (readonly number[])[];
}

async function integerModel(
  { folder, model }: ModelSource,
  integers: IntegerPlan,
  ports: QuantizePorts,
): Promise<MadeModel> {
  const { target, plan, storage, texts } = integers;
  const { files, onProgress, signal } = ports;
  const generationConfig = await generationConfigOf(files, folder);
  const weights = await openWeights(files, folder, model);
  try {
    const made = await withCalibration(model, folder, texts, ports, (read, calibration) =>
      quantizeModel(
        model,
        read ?? ((name) => weights.readTensor(name)),
        {
          ...{ layers: plan.quantized, method: target.method, storage },
          ...{ dynamicActivations: target.dynamicActivations, calibration },
        },
        { onProgress, signal },
      ),
    );
    return {
      stored: storedTensors(model, (name) => weights.readTensor(name), made, integers),
      config: { ...model.config, quantization_config: quantizationConfig(integers) },
      generationConfig,
      losses: made.losses,
      close: () => weights.close(),
    };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

/** Runs the model over texts, if there are any, and hands on what was measured while the engine is there. */
async function withCalibration<Result>(
  model: Model,
  folder: string,
  texts: IntegerPlan['texts'],
  { files, createEngine, onProgress, signal }: QuantizePorts,
  work: (
    read: ((parameter: string) => Promise<HostTensor>) | undefined,
    calibration: { readonly inputs: Calibration; readonly engine: Engine } | undefined,
  ) => Promise<Result>,
): Promise<Result> {
  if (texts.length === 0) return work(undefined, undefined);
  const state = await loadWeights(files, folder, model, onProgress, signal);
  const engine = await createEngine();
  try {
    const inputs = await calibrate(model, state, texts, { engine, onProgress, signal });
    return await work((name) => Promise.resolve(state.get(name)!), { inputs, engine });
  } finally {
    await engine.dispose();
  }
}

function storedTensors(
  model: Model,
  read: (parameter: string) => Promise<HostTensor>,
  { matrices, changed }: QuantizedModel,
  { plan, target, storage }: IntegerPlan,
): Map<string, StoredTensor> {
  const quantized = new Set(plan.quantized.map(({ module }) => `${module}.weight`));
  const others = model.parameters.filter(({ name }) => !quantized.has(name));
  const tensors = new Map(others.map(({ name, shape }) => [name, { shape }]));
  const readTensor = async (name: string): Promise<HostTensor> => changed.get(name) ?? (await read(name));
  const stored = castTensors({ tensors, readTensor }, storage);
  for (const { module, scheme } of plan.quantized) {
    for (const [name, tensor] of compressedTensors(module, matrices.get(module)!, scheme, target.format)) {
      stored.set(name, tensor);
    }
  }
  return stored;
}

/** The layers of each size of blocks, the most common last. */
function byBlockSize(plan: LayerPlan): QuantizedLayers[] {
  const byBlock = new Map<number | null, QuantizedLayers & { modules: string[] }>();
  for (const { module, scheme } of plan.quantized) {
    const group = byBlock.get(scheme.blockSize) ?? { scheme, modules: [] };
    group.modules.push(module);
    byBlock.set(scheme.blockSize, group);
  }
  return [...byBlock.values()].sort((a, b) => a.modules.length - b.modules.length);
}

function quantizationConfig({ plan, target }: IntegerPlan): Readonly<Record<string, unknown>> {
  return formatCompressedTensorsConfig({
    ...{ format: target.format, dynamicActivations: target.dynamicActivations },
    groups: byBlockSize(plan),
    ignored: plan.kept.map(({ module }) => module),
  });
}

/** The result, as far as it is known before it is written. */
function describe(
  { out, to, calibrate: path }: QuantizeSettings,
  { folder, model }: ModelSource,
  made: Pick<IntegerPlan, 'storage' | 'texts'> & {
    readonly target: IntegerTarget | undefined;
    readonly plan: LayerPlan | undefined;
    readonly losses: readonly LayerLoss[];
  },
): Omit<QuantizeResult, 'bytes_before' | 'bytes_after' | 'bits_per_weight' | 'evaluation'> {
  const { target, plan, storage, losses, texts } = made;
  return {
    output_dir: out,
    model: folder,
    to,
    method: target?.method ?? null,
    block_size: plan === undefined ? null : byBlockSize(plan).at(-1)!.scheme.blockSize,
    zero_points: target?.symmetric === false,
    parameters: countParameters(model.parameters),
    quantized_layers: plan?.quantized.length ?? 0,
    kept_layers: plan?.kept ?? [],
    storage,
    calibration:
      path === undefined
        ? null
        : { path, texts: texts.length, tokens: texts.reduce((sum, { length }) => sum + length, 0) },
    errors_of: target === undefined ? null : path === undefined ? 'weights' : 'outputs',
    layers: losses
      .map((loss, index) => ({ ...loss, block_size: plan!.quantized[index]!.scheme.blockSize }))
      .sort((a, b) => b.error - a.error),
  };
}

function changesOf(before: readonly MetricValue[], after: readonly MetricValue[]): MeasuredChange[] {
  const figures = ({ value, low, high }: MetricValue): MeasuredChange['before'] => ({ value, low, high });
  return before.map((own, index) => ({
    ...{ metric: own.metric, higher_is_better: own.higher_is_better },
    before: figures(own),
    after: figures(after[index]!),
  }));
}

/** Bytes of the files that hold a model's weights. */
async function weightBytes(files: FileSystem, path: string): Promise<number> {
  const info = await files.stat(path);
  if (info?.kind === 'file') return info.size;
  const names = (await files.list(path)).filter((name) => name.endsWith('.safetensors'));
  const sizes = await Promise.all(names.map(async (name) => (await files.stat(join(path, name)))?.size ?? 0));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What a project keeps of a quantised model. */
export function quantizeStep(project: string, result: QuantizeResult, words: readonly string[]): DoneStep {
  const [model, out] = [result.model, result.output_dir].map((path) => pathInProject(project, path));
  const measured = Object.fromEntries(
    (result.evaluation?.metrics ?? []).flatMap(({ metric, before, after }) => [
      [`${metric} before`, before.value],
      [metric, after.value],
    ]),
  );
  return {
    stage: 'deploy',
    name: `deploy-${fileNamePart(out!)}`,
    command: ['genai', 'deploy', 'quantize', ...words].map(commandWord).join(' '),
    inputs: [model!],
    outputs: [out!],
    results: {
      kind: 'quantised model',
      to: result.to,
      bytes: result.bytes_after,
      ...(result.method !== null && { method: result.method }),
      ...measured,
    },
  };
}
