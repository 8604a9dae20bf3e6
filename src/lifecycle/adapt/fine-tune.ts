import { basename, join, resolve } from 'node:path';
import { adapterConfigOf } from '../../core/adapters/lora-config.js';
import { loraParameters, type LoraSettings } from '../../core/adapters/lora.js';
import { countParameters, type Model } from '../../core/architectures/architecture.js';
import { readModel } from '../../core/architectures/index.js';
import { initializeParameters } from '../../core/architectures/initialize.js';
import { writeAdapterFolder } from '../../core/checkpoints/adapter-folder.js';
import { loadWeights } from '../../core/checkpoints/load-weights.js';
import {
  openModelFolder,
  readModelConfig,
  writeModelFolder,
  type ModelFolder,
} from '../../core/checkpoints/model-folder.js';
import { readStateDict } from '../../core/checkpoints/tensor-source.js';
import type { Engine } from '../../core/engine/engine.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { ADAMW_DEFAULTS } from '../../core/optimizers/adamw.js';
import type { ProgressListener } from '../../core/progress/progress-event.js';
import { loadTokenizer, type Tokenizer } from '../../core/tokenizers/tokenizer.js';
import { lossCurve } from '../../core/training/loss-curve.js';
import type { TrainedModel } from '../../core/training/programs.js';
import { runTraining, type TrainingData, type TrainingOutcome } from '../../core/training/run-training.js';
import { Trainer } from '../../core/training/trainer.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { MachineResources } from '../../platform/machine-resources.js';
import type { ProcessInfo } from '../../platform/process-info.js';
import { parseOptions } from '../parse-options.js';
import { CARD_FILE, keepOwnCard, writeRunCard } from './model-card.js';
import { prepareDataset, type DatasetReport, type PreparedDataset } from './prepare-dataset.js';
import {
  fineTuneOptionsSchema,
  type FineTuneOptions,
  type ResolvedFineTuneOptions,
} from './fine-tune-options.js';
import { storageOf } from './merge.js';
import {
  describeRounding,
  namedRounding,
  planRounding,
  type QuantizationAwareness,
} from './quantization-awareness.js';
import { runFacts, type RunMaking } from './run-facts.js';
import { beginRun, checkInputs, checkNewRun, readRunRecord, writeEnvironment } from './run-folder.js';
import { estimateRunMemory, type RunMemoryEstimate } from './training-memory.js';

/** Longest row unless told: most instruction data is shorter, and attention's cost grows with the square. */
const USUAL_SEQUENCE_LENGTH = 512;
/** Share of all steps in which the learning rate rises, unless told. */
const WARMUP_SHARE = 0.03;
/** Evaluations in a run, unless told. */
const USUAL_EVALUATIONS = 10;

/** What is about to be done, said before anything is trained. */
export interface FineTunePlan {
  readonly method: 'lora' | 'full';
  readonly parameters: number;
  readonly trainable_parameters: number;
  readonly steps: number;
  readonly sequence_length: number;
  readonly learning_rate: number;
  readonly warmup_steps: number;
  readonly engine: string;
  readonly device: string;
  /** How weights are rounded as they are used, where they are. */
  readonly quantization?: QuantizationAwareness;
  /** What becomes of the model's weights, where they are not trained as they are stored. */
  readonly note?: string;
}

/** Called as the run goes. */
export interface FineTuneListener {
  onDataset(report: DatasetReport): void;
  /** Before weights are loaded or anything is written. */
  onMemory(estimate: RunMemoryEstimate): void;
  onPlan(plan: FineTunePlan): void;
  readonly onProgress: ProgressListener;
}

/** What a run needs from outside. */
export interface FineTunePorts extends FineTuneListener {
  readonly files: FileSystem;
  readonly process: ProcessInfo;
  readonly resources: Pick<MachineResources, 'freeMemoryBytes'>;
  readonly createEngine: () => Promise<Engine>;
  /** Milliseconds from any start. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** How a run ended. */
export interface FineTuneResult {
  readonly run_dir: string;
  readonly steps: number;
  readonly epochs: number;
  /** Mean of the last steps, in nats per supervised token. */
  readonly train_loss: number;
  /** Best evaluation, in nats per supervised token; `null` without evaluation rows. */
  readonly eval_loss: number | null;
  readonly perplexity: number | null;
  readonly best_step: number | null;
  readonly stopped_early: boolean;
  readonly tokens: number;
  readonly tokens_per_second: number;
  /** The most memory that the process held. */
  readonly peak_memory_bytes: number;
  /** What was expected of it; `null` where the estimate does not hold, on other engines and devices. */
  readonly estimated_peak_memory_bytes: number | null;
  readonly trainable_parameters: number;
  /** Folder of the adapter, or of the whole model. */
  readonly output_dir: string;
  /** What the weights were rounded to as they were trained, and losses measured with, where they were. */
  readonly quantization?: QuantizationAwareness;
}

/**
 * Fine-tunes a model on a dataset: all weights, or a LoRA adapter.
 *
 * @throws ToolkitError for options, model or data that cannot be used, before anything is written; `INTERRUPTED` after
 *   saving when the signal is raised
 */
export async function fineTune(options: FineTuneOptions, ports: FineTunePorts): Promise<FineTuneResult> {
  const parsed = parseOptions(fineTuneOptionsSchema, options);
  const absolute = {
    ...parsed,
    model: resolve(parsed.model),
    dataset: resolve(parsed.dataset),
    out: resolve(parsed.out),
  };
  return run(absolute, false, ports);
}

/**
 * The memory that {@link fineTune} would take with these options, from configuration, tokenizer and dataset alone.
 *
 * @throws ToolkitError for options, model or data that cannot be used
 */
export async function estimateFineTuneMemory(
  options: Omit<FineTuneOptions, 'out'>,
  { files, resources }: Pick<FineTunePorts, 'files' | 'resources'>,
): Promise<RunMemoryEstimate> {
  // Where the run would be written changes nothing.
  const parsed = parseOptions(fineTuneOptionsSchema, { ...options, out: '.' });
  const { config, configPath } = await readModelConfig(files, parsed.model);
  const { trained, data } = await prepareRun(parsed, readModel(config, configPath), files);
  return estimateRunMemory(trained, data, resources.freeMemoryBytes());
}

/**
 * Goes on with an interrupted run, to the same bits as if it had not been interrupted.
 *
 * @param folder the run's folder
 */
export async function resumeFineTune(folder: string, ports: FineTunePorts): Promise<FineTuneResult> {
  const out = resolve(folder);
  const { options, stage } = await readRunRecord(ports.files, out);
  if (stage !== 'fine-tune')
    throw new ToolkitError(`${folder}: is a ${stage} run`, 'USAGE', `Resume it with genai adapt ${stage}.`);
  return run(parseOptions(fineTuneOptionsSchema, { ...options, out }), true, ports);
}

async function run(
  options: ResolvedFineTuneOptions,
  resume: boolean,
  ports: FineTunePorts,
): Promise<FineTuneResult> {
  const { files, signal } = ports;
  if (!resume) await checkNewRun(files, options.out);
  const folder = await openModelFolder(files, options.model);
  await folder.close();
  const model = readModel(folder.config, folder.configPath);
  const { trained, sequenceLength, dataset, data, stepsPerEpoch, quantization } = await prepareRun(
    options,
    model,
    files,
  );
  const { totalSteps } = data;
  const inputs = dataset.report.sources;
  if (resume) await checkInputs(files, options.out, inputs);
  ports.onDataset(dataset.report);
  const estimate = estimateRunMemory(trained, data, ports.resources.freeMemoryBytes());
  ports.onMemory(estimate);

  const warmupSteps = options.warmupSteps ?? Math.round(totalSteps * WARMUP_SHARE);
  const evaluateEvery = options.evalSteps ?? Math.max(1, Math.round(totalSteps / USUAL_EVALUATIONS));

  const engine = await ports.createEngine();
  try {
    ports.onPlan({
      method: options.method,
      parameters: countParameters(model.parameters),
      trainable_parameters: countParameters(trained.trainable),
      steps: totalSteps,
      sequence_length: sequenceLength,
      learning_rate: options.learningRate,
      warmup_steps: warmupSteps,
      engine: engine.name,
      device: engine.device,
      ...(quantization && { quantization }),
      ...dequantizationNote(folder),
    });
    const weights = await loadWeights(files, options.model, model, ports.onProgress, signal);
    if (trained.adapter !== undefined) {
      for (const [name, tensor] of initializeParameters(trained.trainable, options.seed))
        weights.set(name, tensor);
    }
    const trainer = await Trainer.create(engine, trained, weights, {
      ...ADAMW_DEFAULTS,
      weightDecay: options.weightDecay,
      maximumGradientNorm: options.maxGradNorm,
    });
    if (!resume) await beginRun(files, options.out, { stage: 'fine-tune', options, inputs });
    await writeEnvironment(files, options.out, engine, ports.process.describe());
    if (dataset.rejectedRows !== '')
      await files.writeAtomic(join(options.out, 'rejected.jsonl'), dataset.rejectedRows);
    const outcome = await runTraining(
      trainer,
      data,
      {
        learningRate: options.learningRate,
        schedule: options.schedule,
        warmupSteps,
        evaluateEvery,
        saveEvery: options.saveSteps ?? evaluateEvery,
        keepCheckpoints: options.keepCheckpoints,
        patience: options.patience,
        resumeCommand: `genai adapt fine-tune --resume ${options.out}`,
      },
      options.out,
      {
        files,
        now: ports.now,
        memory: () => ports.process.peakBytes(),
        signal,
        onProgress: ports.onProgress,
      },
    );
    const result = describeResult(options, outcome, {
      stepsPerEpoch,
      trainableParameters: countParameters(trained.trainable),
      estimatedMemory: estimatedFor(engine, estimate),
      quantization,
    });
    await writeOutput(options, folder, trained, trainer, files, {
      ...{ options, warmupSteps, sequenceLength, result, dataset: dataset.report },
      ...{ optimizer: ADAMW_DEFAULTS, engine, machine: ports.process.describe() },
    });
    await files.writeAtomic(join(options.out, 'loss.svg'), lossCurve(outcome.metrics));
    await files.writeAtomic(join(options.out, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    await trainer.dispose();
    return result;
  } finally {
    await engine.dispose();
  }
}

/** Says that weights in few bits are trained as floating-point numbers, and stay such. */
function dequantizationNote({ tensors }: ModelFolder): Pick<FineTunePlan, 'note'> {
  const stored = new Set([...tensors.values()].map(({ dtype }) => dtype));
  const quantized = [...stored].filter((type) => !/^B?F\d+$/.test(type));
  if (quantized.length === 0) return {};
  return {
    note: `The model's weights are quantised (${quantized.join(', ')}): training works on their dequantised values, and what is saved is not quantised.`,
  };
}

/** A run before anything is loaded that is large. */
interface PreparedRun {
  readonly trained: TrainedModel;
  readonly sequenceLength: number;
  readonly dataset: PreparedDataset;
  readonly data: TrainingData;
  readonly stepsPerEpoch: number;
  readonly quantization: QuantizationAwareness | undefined;
}

async function prepareRun(
  options: ResolvedFineTuneOptions,
  model: Model,
  files: FileSystem,
): Promise<PreparedRun> {
  const tokenizer = await loadTokenizer(files, options.model);
  assertVocabulary(tokenizer, model, options.model);
  const adapter = options.method === 'lora' ? adapterSettings(options) : undefined;
  const rounding = planRounding(model, options);
  const trained: TrainedModel = {
    ...{ model, adapter, rounded: rounding?.quantized },
    frozen: adapter === undefined ? [] : model.parameters,
    trainable: adapter === undefined ? model.parameters : loraParameters(model, adapter),
  };
  const sequenceLength = chooseSequenceLength(options.sequenceLength, USUAL_SEQUENCE_LENGTH, model);
  const dataset = await prepareDataset(options, sequenceLength, tokenizer, { files });
  const accumulation = options.gradientAccumulationSteps;
  const stepsPerEpoch = Math.ceil(dataset.batches.batchesPerEpoch / accumulation);
  const data: TrainingData = {
    totalSteps: Math.min(
      options.maxSteps ?? Infinity,
      options.epochs === undefined ? Infinity : Math.max(1, Math.round(stepsPerEpoch * options.epochs)),
    ),
    batchesOf: (step) => batchesOfStep(dataset, step, stepsPerEpoch, accumulation),
    evaluation: dataset.evaluation,
  };
  const quantization = describeRounding(options, rounding);
  return { trained, sequenceLength, dataset, data, stepsPerEpoch, quantization };
}

/** The estimate, if it is about that engine: only ONNX Runtime on the processor was measured. */
export function estimatedFor(engine: Engine, { total_bytes }: RunMemoryEstimate): number | null {
  return engine.name === 'onnxruntime' && engine.device === 'cpu' ? total_bytes : null;
}

function adapterSettings(options: ResolvedFineTuneOptions): LoraSettings {
  const [only] = options.loraTargets;
  return {
    rank: options.loraRank,
    alpha: options.loraAlpha,
    dropout: options.loraDropout,
    targets: options.loraTargets.length === 1 && only === 'all-linear' ? only : options.loraTargets,
    rankStabilized: options.rslora,
  };
}

function assertVocabulary(tokenizer: Tokenizer, model: Model, folder: string): void {
  if (tokenizer.vocabularySize <= model.shape.vocabulary) return;
  throw new ToolkitError(
    `${folder}: the tokenizer has ${tokenizer.vocabularySize} tokens, the model's embedding only ${model.shape.vocabulary}`,
    'BAD_CHECKPOINT',
    'Use the tokenizer that was published with this model.',
  );
}

/**
 * Tokens of a row: as asked for, else the usual number, never more than the model's context.
 *
 * @throws ToolkitError `CONTEXT_OVERFLOW` when more are asked for
 */
export function chooseSequenceLength(wanted: number | undefined, usual: number, model: Model): number {
  const limit = model.shape.contextLength;
  if (wanted === undefined) return Math.min(limit, usual);
  if (wanted <= limit) return wanted;
  throw new ToolkitError(
    `--sequence-length ${wanted} is more than the model's context of ${limit} tokens`,
    'CONTEXT_OVERFLOW',
    `Use at most ${limit}.`,
  );
}

/** Batches of one optimiser step; the last step of an epoch may have fewer, so that none holds rows of two epochs. */
function batchesOfStep(
  { batches }: PreparedDataset,
  step: number,
  stepsPerEpoch: number,
  accumulation: number,
): ReturnType<PreparedDataset['batches']['batch']>[] {
  const epoch = Math.floor(step / stepsPerEpoch);
  const first = (step % stepsPerEpoch) * accumulation;
  const last = Math.min(first + accumulation, batches.batchesPerEpoch);
  return Array.from({ length: last - first }, (_, index) =>
    batches.batch(epoch * batches.batchesPerEpoch + first + index),
  );
}

function describeResult(
  options: ResolvedFineTuneOptions,
  outcome: TrainingOutcome,
  known: {
    readonly stepsPerEpoch: number;
    readonly trainableParameters: number;
    readonly estimatedMemory: number | null;
    readonly quantization: QuantizationAwareness | undefined;
  },
): FineTuneResult {
  return {
    run_dir: options.out,
    steps: outcome.steps,
    epochs: outcome.steps / known.stepsPerEpoch,
    train_loss: outcome.trainLoss,
    eval_loss: outcome.evalLoss,
    perplexity: outcome.evalLoss === null ? null : Math.exp(outcome.evalLoss),
    best_step: outcome.bestStep,
    stopped_early: outcome.stoppedEarly,
    tokens: outcome.tokens,
    tokens_per_second: outcome.tokensPerSecond,
    peak_memory_bytes: outcome.peakMemoryBytes,
    estimated_peak_memory_bytes: known.estimatedMemory,
    trainable_parameters: known.trainableParameters,
    output_dir: join(options.out, options.method === 'lora' ? 'adapter' : 'model'),
    ...(known.quantization && { quantization: known.quantization }),
  };
}

/** What is known of a finished run beside its weights. */
interface FinishedRun extends Omit<RunMaking, 'evaluatedOn'> {
  readonly result: FineTuneResult;
  readonly dataset: DatasetReport;
}

/** The run's model card, unless the user has put one of their own there. */
async function cardOf(
  options: ResolvedFineTuneOptions,
  { model, adapter }: TrainedModel,
  run: FinishedRun,
  files: FileSystem,
): Promise<string> {
  const { audit, evaluation_rows, evaluation_from, rejected_rows, sources, format } = run.dataset;
  const isHeldOut = evaluation_from === 'training rows held out';
  const facts = runFacts({ ...run, evaluatedOn: isHeldOut ? 'train' : 'validation' });
  const written = await writeRunCard(
    {
      title: basename(options.out),
      base: options.model,
      architecture: String(model.config['model_type']),
      parameters: countParameters(model.parameters),
      adapter,
      ...{ dataset: options.dataset, files: sources, format },
      use: [
        `Learnt from: ${audit.rows} rows, ${audit.truncated_rows} of them cut to fit.`,
        `Evaluated on: ${evaluation_rows === 0 ? 'none' : `${evaluation_rows} rows (${evaluation_from})`}.`,
        ...(rejected_rows.length > 0
          ? [`Set aside: ${rejected_rows.length} rows that could not be used.`]
          : []),
      ],
      ...facts,
      recipe: { ...facts.recipe, ...roundingFacts(run.result.quantization) },
    },
    files,
  );
  return keepOwnCard(files, run.result.output_dir, written);
}

/** What a card tells of weights that were rounded as they were trained. */
function roundingFacts(quantization: QuantizationAwareness | undefined): Record<string, string> {
  if (quantization === undefined) return {};
  const { layers, block_size: block, to } = quantization;
  const flags = `--to ${to}${block === null ? '' : ` --block-size ${block}`} --method round`;
  return {
    'weights as they were trained': `${layers} linear layers rounded to ${namedRounding(quantization)}, for the losses below too`,
    'quantised the same way by': `\`genai deploy quantize … ${flags}\``,
  };
}

async function writeOutput(
  options: ResolvedFineTuneOptions,
  base: ModelFolder,
  trained: TrainedModel,
  trainer: Trainer,
  files: FileSystem,
  run: FinishedRun,
): Promise<void> {
  const { result } = run;
  // Rounding to fewer bits first would move some weights to another integer than they were trained as.
  const storage =
    result.quantization === undefined
      ? storageOf([...base.tensors.values()].map(({ dtype }) => dtype))
      : 'F32';
  const card = await cardOf(options, trained, run, files);
  const extraFiles = { [CARD_FILE]: card };
  if (trained.adapter !== undefined) {
    await writeAdapterFolder(files, result.output_dir, {
      config: adapterConfigOf(trained.model, trained.adapter, options.model),
      state: await readStateDict(trainer.weights),
      storage: 'F32',
      tokenizerFilesFrom: options.model,
      extraFiles,
      replace: true,
    });
    return;
  }
  await writeModelFolder(files, result.output_dir, {
    config: base.config,
    ...(base.generationConfig && { generationConfig: base.generationConfig }),
    state: trainer.weights,
    storage,
    tokenizerFilesFrom: options.model,
    extraFiles,
    replace: true,
  });
}
