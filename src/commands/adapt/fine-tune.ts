import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { createEngine, ENGINE_FLAGS } from '../../cli/engine-flags.js';
import { SCHEDULES } from '../../core/schedules/schedule.js';
import type { FineTuneResult } from '../../lifecycle/adapt/fine-tune.js';
import type { RunMemoryEstimate } from '../../lifecycle/adapt/training-memory.js';

/** `genai adapt fine-tune`: trains a model further on the user's own data. */
export default class FineTune extends BaseCommand<FineTuneResult | RunMemoryEstimate> {
  static override summary = 'Fine-tune a model on your data: all its weights, or a LoRA adapter.';

  static override description =
    'Reads a dataset file (JSONL, JSON, CSV, TXT) or a folder with train, valid and test files; rows may be OpenAI ' +
    'messages, ShareGPT, Alpaca, prompt/completion or plain text. Only answers are learnt from unless told otherwise. ' +
    'The run folder gets the configuration, metrics, checkpoints, a loss curve and the result. Ctrl-C saves; --resume ' +
    'goes on to the same bits as an uninterrupted run.';

  static override examples = [
    {
      description: 'A LoRA adapter for the starter model, on the sentiment dataset:',
      command:
        '<%= config.bin %> <%= command.id %> --model templates/starter-model --dataset datasets/sentiment --out runs/sentiment --learning-rate 3e-3 --epochs 2',
    },
    {
      description: 'Twenty steps on all weights, with rows packed into sequences of 128 tokens:',
      command:
        '<%= config.bin %> <%= command.id %> --model templates/starter-model --dataset datasets/instructions --out runs/instructions --method full --learning-rate 5e-4 --max-steps 20 --packing --sequence-length 128',
    },
    {
      description: 'All weights, trained to lose less when they are quantised to four bits:',
      command:
        '<%= config.bin %> <%= command.id %> --model templates/starter-model --dataset datasets/sentiment --out runs/sentiment-qat --method full --learning-rate 5e-4 --max-steps 100 --qat int4 --qat-block-size 32',
    },
    {
      description: 'The memory that a run would take, without running it:',
      command:
        '<%= config.bin %> <%= command.id %> --model templates/starter-model --dataset datasets/sentiment --method full --batch-size 16 --estimate',
    },
    {
      description: 'Go on with an interrupted run:',
      command: '<%= config.bin %> <%= command.id %> --resume runs/sentiment',
    },
  ];

  static override flags = {
    model: Flags.string({ summary: 'Model folder in the Hugging Face layout, or a GGUF file.' }),
    dataset: Flags.string({
      summary:
        'Dataset file, folder with train, valid and test files, or hf:ORG/NAME[@REVISION][:CONFIGURATION] on the hub.',
    }),
    out: Flags.string({ summary: 'Folder of the run; it must be new or empty.' }),
    resume: Flags.string({
      summary: 'Go on with the run in this folder, with its own settings.',
    }),
    estimate: Flags.boolean({
      summary: 'Only tell how much memory the run would take on the processor, part by part.',
      exclusive: ['resume'],
    }),
    method: Flags.option({ options: ['lora', 'full'] as const })({
      summary: 'What is trained [default: lora].',
    }),
    epochs: Flags.string({ summary: 'Passes over the rows [default: 3].' }),
    'max-steps': Flags.integer({ min: 1, summary: 'Stop after this many optimizer steps.' }),
    'batch-size': Flags.integer({ min: 1, summary: 'Rows at once [default: 8].' }),
    'gradient-accumulation-steps': Flags.integer({
      min: 1,
      summary: 'Batches per optimizer step [default: 1].',
    }),
    'sequence-length': Flags.integer({
      min: 1,
      summary: 'Tokens per row [default: 512 or the model’s limit].',
    }),
    'learning-rate': Flags.string({ summary: 'Peak learning rate [default: 2e-4 for LoRA, 2e-5 for full].' }),
    schedule: Flags.option({ options: SCHEDULES })({
      summary: 'Decay of the learning rate [default: cosine].',
    }),
    'warmup-steps': Flags.integer({ min: 0, summary: 'Steps of rising learning rate [default: 3 %].' }),
    'weight-decay': Flags.string({ summary: 'AdamW’s decay of matrices [default: 0].' }),
    'max-grad-norm': Flags.string({ summary: 'Clip the gradient to this norm; 0 does not [default: 1].' }),
    seed: Flags.integer({ min: 0, summary: 'Seed of initialisation and order [default: 42].' }),
    packing: Flags.boolean({ summary: 'Put several rows into one sequence, kept apart.' }),
    'loss-on': Flags.option({ options: ['answer', 'all'] as const })({
      summary: 'Tokens learnt from [default: answer].',
    }),
    format: Flags.string({ summary: 'Row format, where it should not be found out.' }),
    'skip-bad-rows': Flags.boolean({ summary: 'Set bad rows aside in rejected.jsonl instead of stopping.' }),
    'eval-fraction': Flags.string({
      summary: 'Share of rows held out without a validation file [default: 0.05].',
    }),
    'eval-steps': Flags.integer({
      min: 0,
      summary: 'Steps between evaluations [default: a tenth of the run].',
    }),
    'save-steps': Flags.integer({ min: 0, summary: 'Steps between checkpoints [default: as evaluations].' }),
    'keep-checkpoints': Flags.integer({
      min: 1,
      summary: 'Newest checkpoints kept beside the best [default: 2].',
    }),
    patience: Flags.integer({
      min: 0,
      summary: 'Evaluations without gain before stopping; 0 never [default: 0].',
    }),
    'lora-rank': Flags.integer({ min: 1, summary: 'Rank of the adapter [default: 8].' }),
    'lora-alpha': Flags.string({ summary: 'Scale of the adapter, divided by the rank [default: 16].' }),
    'lora-dropout': Flags.string({ summary: 'Dropout before the adapter [default: 0].' }),
    'lora-targets': Flags.string({ summary: 'Layers to adapt, separated by commas [default: all-linear].' }),
    rslora: Flags.boolean({ summary: 'Divide alpha by the root of the rank.' }),
    qat: Flags.option({ options: ['int8', 'int4'] as const })({
      summary:
        'Round the weights of linear layers to integers whenever they are used, as genai deploy quantize will, so that the model learns with what that costs.',
    }),
    'qat-block-size': Flags.option({ options: ['32', '64', '128'] as const })({
      dependsOn: ['qat'],
      summary: 'Weights that share a scale [default: 64 for int4, the whole row for int8].',
    }),
    ...ENGINE_FLAGS,
  };

  async run(): Promise<FineTuneResult | RunMemoryEstimate> {
    const { flags } = await this.parse(FineTune);
    const { checkResumeFlags, readTrainingFlags } = await import('../../cli/training-flags.js');
    const { estimateFineTuneMemory, fineTune, resumeFineTune } =
      await import('../../lifecycle/adapt/fine-tune.js');
    const { datasetLines, planLines, quantizationLines, resultRows, RESULT_COLUMNS } =
      await import('../../cli/renderers/fine-tune.js');
    const { trainingMemoryLines, trainingMemoryRows, TRAINING_MEMORY_COLUMNS } =
      await import('../../cli/renderers/training-memory.js');
    const { nodeMachineResources } = await import('../../platform/machine-resources.js');
    const { nodeProcessInfo } = await import('../../platform/process-info.js');
    if (flags.resume !== undefined) checkResumeFlags(flags);
    if (flags.dataset !== undefined) {
      const wanted = { needed: ['train'], welcome: ['validation', 'test'] };
      flags.dataset = await this.localDataset(flags.dataset, wanted);
    }
    const progress = this.progress();
    const ports = {
      files: this.ports.fileSystem,
      process: nodeProcessInfo,
      resources: nodeMachineResources,
      createEngine: () => createEngine(flags, this.ports.environment),
      now: () => performance.now(),
      signal: this.signal,
      onDataset: (report: Parameters<typeof datasetLines>[0]) => this.note(datasetLines(report)),
      onMemory: (estimate: RunMemoryEstimate) => this.note(trainingMemoryLines(estimate)),
      onPlan: (plan: Parameters<typeof planLines>[0]) => this.note(planLines(plan)),
      onProgress: (event: Parameters<typeof progress.update>[0]) => progress.update(event),
    };
    if (flags.estimate) {
      const estimate = await estimateFineTuneMemory(readTrainingFlags(flags, ['model', 'dataset']), ports);
      this.printTable(TRAINING_MEMORY_COLUMNS, trainingMemoryRows(estimate));
      if (!estimate.fits) this.print(`\n${trainingMemoryLines(estimate)}\n`);
      return estimate;
    }
    const result =
      flags.resume === undefined
        ? await fineTune(readTrainingFlags(flags, ['model', 'dataset', 'out']), ports)
        : await resumeFineTune(flags.resume, ports);
    this.printTable(RESULT_COLUMNS, resultRows(result));
    if (result.quantization !== undefined) this.print(`\n${quantizationLines(result.quantization)}\n`);
    return result;
  }
}
