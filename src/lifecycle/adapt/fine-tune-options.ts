import { z } from 'zod';
import { INT4_BLOCK_SIZE } from '../../core/quantization/integer-scheme.js';
import { SCHEDULES } from '../../core/schedules/schedule.js';

const positive = z.number().int().positive();
const count = z.number().int().nonnegative();

/** Ways to fine-tune. */
const METHODS = ['lora', 'full'] as const;

/** What weights may be rounded to as they are trained. */
const QAT_TARGETS = ['int8', 'int4'] as const;

/** Peak learning rates that published recipes start from: PEFT's examples for LoRA, Llama 2's fine-tuning for all weights. */
const LEARNING_RATES = { lora: 2e-4, full: 2e-5 } as const;

/** Everything that decides what a fine-tuning run computes. Field names are those of the command line. */
export const fineTuneOptionsSchema = z
  .object({
    /** Model folder in the Hugging Face layout. */
    model: z.string().min(1),
    /** Dataset file, or a folder with train, valid and test files. */
    dataset: z.string().min(1),
    /** Folder of the run. */
    out: z.string().min(1),
    method: z.enum(METHODS).default('lora'),
    /** Passes over the training rows; 3 unless `maxSteps` is given alone. */
    epochs: z.number().positive().optional(),
    /** Optimiser steps after which training ends, whatever the epochs. */
    maxSteps: positive.optional(),
    /** Rows computed at once. */
    batchSize: positive.default(8),
    /** Batches per optimiser step. */
    gradientAccumulationSteps: positive.default(1),
    /** Tokens of a row; the model's context, at most 512, unless told. */
    sequenceLength: positive.optional(),
    /** Peak learning rate. */
    learningRate: z.number().positive().optional(),
    schedule: z.enum(SCHEDULES).default('cosine'),
    /** Steps in which the learning rate rises; 3 % of all steps unless told. */
    warmupSteps: count.optional(),
    weightDecay: z.number().nonnegative().default(0),
    /** Largest 2-norm of the gradient; 0 does not clip. */
    maxGradNorm: z.number().nonnegative().default(1),
    seed: count.default(42),
    /** Puts several rows into one sequence, separated from each other. */
    packing: z.boolean().default(false),
    /** What is learnt from. */
    lossOn: z.enum(['answer', 'all']).default('answer'),
    /** Row format of the dataset; found out unless told. */
    format: z.string().optional(),
    /** Sets unreadable rows aside instead of stopping. */
    skipBadRows: z.boolean().default(false),
    /** Share of the training rows held out for evaluation where the dataset has no validation part. */
    evalFraction: z.number().min(0).max(0.5).default(0.05),
    /** Steps between evaluations; ten evaluations in all unless told, 0 only at the end. */
    evalSteps: count.optional(),
    /** Steps between checkpoints; as often as evaluations unless told. */
    saveSteps: count.optional(),
    /** Newest checkpoints kept, beside the best. */
    keepCheckpoints: positive.default(2),
    /** Evaluations without a better loss after which training stops; 0 never. */
    patience: count.default(0),
    loraRank: positive.default(8),
    loraAlpha: z.number().positive().default(16),
    loraDropout: z.number().min(0).lt(1).default(0),
    /** Last names of the adapted layers, or all-linear. */
    loraTargets: z.array(z.string().min(1)).min(1).default(['all-linear']),
    /** Scales by alpha / sqrt(rank). */
    rslora: z.boolean().default(false),
    /** Rounds the weights of linear layers as they will be quantised, whenever they are used. */
    qat: z.enum(QAT_TARGETS).optional(),
    /** Neighbours in a row that share a scale; unless told, 64 for `int4` and the whole row for `int8`. */
    qatBlockSize: z.literal([32, 64, 128]).optional(),
  })
  .strict()
  .superRefine(({ qat, qatBlockSize, method, loraDropout }, context) => {
    const complain = (option: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [option], message });
    if (qat === undefined && qatBlockSize !== undefined) complain('qatBlockSize', 'is for --qat only');
    if (qat !== undefined && method === 'lora' && loraDropout > 0) {
      complain(
        'loraDropout',
        'must be 0 with --qat, which rounds the adapter merged into the weights: inputs that are dropped for it alone have no place there',
      );
    }
  })
  .transform((options) => ({
    ...options,
    epochs: options.epochs ?? (options.maxSteps === undefined ? 3 : undefined),
    learningRate: options.learningRate ?? LEARNING_RATES[options.method],
    qatBlockSize: options.qatBlockSize ?? (options.qat === 'int4' ? INT4_BLOCK_SIZE : undefined),
  }));

/** Options as given. */
export type FineTuneOptions = z.input<typeof fineTuneOptionsSchema>;

/** Options with defaults filled in. */
export type ResolvedFineTuneOptions = z.output<typeof fineTuneOptionsSchema>;
