import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { countParameters, type Model } from '../../core/architectures/architecture.js';
import { readModel } from '../../core/architectures/index.js';
import { initializeParameters } from '../../core/architectures/initialize.js';
import { readJsonObject } from '../../core/checkpoints/json-file.js';
import { writeModelFolder } from '../../core/checkpoints/model-folder.js';
import type { Example } from '../../core/dataset-formats/example.js';
import { readDataset, type DatasetFile } from '../../core/dataset-formats/read-dataset.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { ADAMW_DEFAULTS } from '../../core/optimizers/adamw.js';
import { SCHEDULES } from '../../core/schedules/schedule.js';
import { loadTokenizer, type Tokenizer } from '../../core/tokenizers/tokenizer.js';
import { lossCurve } from '../../core/training/loss-curve.js';
import {
  batchesPerEpoch,
  evaluationBatches,
  joinDocuments,
  pretrainingBatch,
} from '../../core/training/pretraining-data.js';
import { runTraining, type TrainingData } from '../../core/training/run-training.js';
import { Trainer } from '../../core/training/trainer.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';
import {
  chooseSequenceLength,
  estimatedFor,
  type FineTunePlan,
  type FineTunePorts,
  type FineTuneResult,
} from './fine-tune.js';
import { CARD_FILE, keepOwnCard, writeRunCard } from './model-card.js';
import { BadRowsError } from './prepare-dataset.js';
import { runFacts, type RunMaking } from './run-facts.js';
import { beginRun, checkInputs, checkNewRun, readRunRecord, writeEnvironment } from './run-folder.js';
import { estimateRunMemory } from './training-memory.js';

const positive = z.number().int().positive();
const count = z.number().int().nonnegative();

const optionsSchema = z
  .object({
    /** `config.json` of the model to be made. */
    config: z.string().min(1),
    /** Folder with the tokenizer's files. */
    tokenizer: z.string().min(1),
    /** Dataset file or folder with rows of text. */
    dataset: z.string().min(1),
    /** Folder of the run. */
    out: z.string().min(1),
    /** Passes over the text. */
    epochs: z.number().positive().default(1),
    /** Optimiser steps after which training ends, whatever the epochs. */
    maxSteps: positive.optional(),
    batchSize: positive.default(8),
    /** Tokens of a row; the model's context unless told. */
    sequenceLength: positive.optional(),
    /** Peak learning rate; small models take rates of thousandths. */
    learningRate: z.number().positive().default(1e-3),
    schedule: z.enum(SCHEDULES).default('cosine'),
    warmupSteps: count.default(100),
    weightDecay: z.number().nonnegative().default(0.1),
    maxGradNorm: z.number().nonnegative().default(1),
    seed: count.default(1),
    /** Steps between evaluations on the validation part, and between checkpoints. */
    evalSteps: positive.default(250),
    /** How the weights are stored. */
    storage: z.enum(['F32', 'F16', 'BF16']).default('F16'),
  })
  .strict();

/** Second moment's decay in published pre-training recipes (GPT-3, LLaMA), where gradients change faster. */
const BETA2 = 0.95;

/** Options as given. */
export type PreTrainOptions = z.input<typeof optionsSchema>;

type Resolved = z.output<typeof optionsSchema>;

/** What a run needs from outside: what fine-tuning needs, but for the dataset report. */
export type PreTrainPorts = Omit<FineTunePorts, 'onDataset'>;

/**
 * Trains a model from random weights on text: documents joined into one stream and cut into rows.
 *
 * @throws ToolkitError as `fineTune` does
 */
export async function preTrain(options: PreTrainOptions, ports: PreTrainPorts): Promise<FineTuneResult> {
  const parsed = parseOptions(optionsSchema, options);
  const absolute = Object.fromEntries(
    (['config', 'tokenizer', 'dataset', 'out'] as const).map((name) => [name, resolve(parsed[name])]),
  );
  return run({ ...parsed, ...absolute }, false, ports);
}

/** Goes on with an interrupted run, to the same bits. */
export async function resumePreTrain(folder: string, ports: PreTrainPorts): Promise<FineTuneResult> {
  const out = resolve(folder);
  const { options, stage } = await readRunRecord(ports.files, out);
  if (stage !== 'pre-train')
    throw new ToolkitError(`${folder}: is a ${stage} run`, 'USAGE', `Resume it with genai adapt ${stage}.`);
  return run(parseOptions(optionsSchema, { ...options, out }), true, ports);
}

async function run(options: Resolved, resume: boolean, ports: PreTrainPorts): Promise<FineTuneResult> {
  const { files } = ports;
  if (!resume) await checkNewRun(files, options.out);
  const config = await readJsonObject(files, options.config);
  const model = readModel(config, options.config);
  const length = chooseSequenceLength(options.sequenceLength, Infinity, model);
  const tokenizer = await loadTokenizer(files, options.tokenizer);
  const { train, validation, sources } = await readStreams(options, model, tokenizer, ports);
  if (resume) await checkInputs(files, options.out, sources);
  // The token after the last of a row is its last target.
  if (train.length <= length) {
    throw new ToolkitError(
      `${options.dataset}: has ${train.length} tokens, less than one row of ${length} and the token after it`,
      'BAD_DATASET',
      'Give more text, or a smaller --sequence-length.',
    );
  }

  const rows = { batchSize: options.batchSize, length, seed: options.seed };
  const stepsPerEpoch = batchesPerEpoch(train, rows);
  const totalSteps = Math.min(
    options.maxSteps ?? Infinity,
    Math.max(1, Math.round(stepsPerEpoch * options.epochs)),
  );
  const data: TrainingData = {
    totalSteps,
    batchesOf: (step) => [pretrainingBatch(train, step, rows)],
    evaluation: evaluationBatches(validation, rows),
  };
  const trained = { model, adapter: undefined, frozen: [], trainable: model.parameters };
  const estimate = estimateRunMemory(trained, data, ports.resources.freeMemoryBytes(), false);
  ports.onMemory(estimate);
  const parameters = countParameters(model.parameters);
  const optimizer = { ...ADAMW_DEFAULTS, beta2: BETA2 };
  const engine = await ports.createEngine();
  try {
    ports.onPlan(describePlan(options, parameters, totalSteps, length, engine));
    const trainer = await Trainer.create(
      engine,
      trained,
      initializeParameters(model.parameters, options.seed),
      {
        ...optimizer,
        weightDecay: options.weightDecay,
        maximumGradientNorm: options.maxGradNorm,
      },
    );
    if (!resume) await beginRun(files, options.out, { stage: 'pre-train', options, inputs: sources });
    await writeEnvironment(files, options.out, engine, ports.process.describe());
    const outcome = await runTraining(
      trainer,
      data,
      {
        learningRate: options.learningRate,
        schedule: options.schedule,
        warmupSteps: options.warmupSteps,
        evaluateEvery: options.evalSteps,
        saveEvery: options.evalSteps,
        keepCheckpoints: 1,
        patience: 0,
        resumeCommand: `genai adapt pre-train --resume ${options.out}`,
      },
      options.out,
      {
        files,
        now: ports.now,
        memory: () => ports.process.peakBytes(),
        signal: ports.signal,
        onProgress: ports.onProgress,
      },
    );
    const result: FineTuneResult = {
      run_dir: options.out,
      steps: outcome.steps,
      epochs: outcome.steps / stepsPerEpoch,
      train_loss: outcome.trainLoss,
      eval_loss: outcome.evalLoss,
      perplexity: outcome.evalLoss === null ? null : Math.exp(outcome.evalLoss),
      best_step: outcome.bestStep,
      stopped_early: outcome.stoppedEarly,
      tokens: outcome.tokens,
      tokens_per_second: outcome.tokensPerSecond,
      peak_memory_bytes: outcome.peakMemoryBytes,
      estimated_peak_memory_bytes: estimatedFor(engine, estimate),
      trainable_parameters: parameters,
      output_dir: join(options.out, 'model'),
    };
    const making = { options, warmupSteps: options.warmupSteps, sequenceLength: length, optimizer, result };
    const card = await cardOf(
      options,
      model,
      { ...making, engine, machine: ports.process.describe(), sources, evaluatedOn: 'validation' },
      files,
    );
    await writeModelFolder(files, result.output_dir, {
      config,
      generationConfig: generationConfigOf(tokenizer),
      state: trainer.weights,
      storage: options.storage,
      tokenizerFilesFrom: options.tokenizer,
      extraFiles: { [CARD_FILE]: await keepOwnCard(files, result.output_dir, card) },
      replace: true,
    });
    await files.writeAtomic(join(options.out, 'loss.svg'), lossCurve(outcome.metrics));
    await files.writeAtomic(join(options.out, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    await trainer.dispose();
    return result;
  } finally {
    await engine.dispose();
  }
}

interface Streams {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly sources: readonly DatasetFile[];
}

async function readStreams(
  options: Resolved,
  model: Model,
  tokenizer: Tokenizer,
  { files }: PreTrainPorts,
): Promise<Streams> {
  const { splits, problems, sources } = await readDataset(files, options.dataset, {});
  if (problems.length > 0) throw new BadRowsError(problems);
  const separator = tokenizer.beginOfSequenceId ?? tokenizer.endOfSequenceIds[0];
  if (separator === undefined || tokenizer.vocabularySize > model.shape.vocabulary) {
    throw new ToolkitError(
      separator === undefined
        ? `${options.tokenizer}: the tokenizer has no begin or end token to separate documents with`
        : `${dirname(options.config)}: vocab_size ${model.shape.vocabulary} is less than the tokenizer's ${tokenizer.vocabularySize}`,
      'BAD_CHECKPOINT',
      'Use a tokenizer and a configuration made for each other.',
    );
  }
  const encode = (examples: readonly Example[]): Int32Array =>
    joinDocuments(
      examples.map((example) => tokenizer.encode(textOf(example), { addSpecialTokens: false })),
      separator,
    );
  return { train: encode(splits.train), validation: encode(splits.validation ?? []), sources };
}

function textOf(example: Example): string {
  if (example.kind === 'text') return example.text;
  throw new ToolkitError(
    `pre-training learns from rows of text, and the dataset has rows of kind ${example.kind}`,
    'BAD_DATASET',
    'Give rows with a "text" field, or use genai adapt fine-tune.',
  );
}

function describePlan(
  options: Resolved,
  parameters: number,
  steps: number,
  length: number,
  engine: { readonly name: string; readonly device: string },
): FineTunePlan {
  return {
    method: 'full',
    parameters,
    trainable_parameters: parameters,
    steps,
    sequence_length: length,
    learning_rate: options.learningRate,
    warmup_steps: options.warmupSteps,
    engine: engine.name,
    device: engine.device,
  };
}

function generationConfigOf(tokenizer: Tokenizer): Record<string, unknown> {
  const [end] = tokenizer.endOfSequenceIds;
  return {
    ...(tokenizer.beginOfSequenceId !== undefined && { bos_token_id: tokenizer.beginOfSequenceId }),
    ...(end !== undefined && { eos_token_id: end }),
    pad_token_id: tokenizer.padId,
  };
}

function cardOf(
  options: Resolved,
  model: Model,
  run: RunMaking & Pick<Streams, 'sources'>,
  files: FileSystem,
): Promise<string> {
  return writeRunCard(
    {
      title: basename(options.out),
      architecture: String(model.config['model_type']),
      parameters: countParameters(model.parameters),
      ...{ dataset: options.dataset, files: run.sources, format: 'text' },
      use: [`The tokenizer is that of ${basename(options.tokenizer)}.`],
      ...runFacts(run),
    },
    files,
  );
}
