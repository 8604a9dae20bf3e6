import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { createEngine, ENGINE_FLAGS } from '../../cli/engine-flags.js';
import { SCHEDULES } from '../../core/schedules/schedule.js';
import type { FineTuneResult } from '../../lifecycle/adapt/fine-tune.js';

/** `genai adapt pre-train`: a model from random weights. */
export default class PreTrain extends BaseCommand<FineTuneResult> {
  static override summary = 'Train a model from scratch on text.';

  static override description =
    'Reads rows of text, joins them into one stream and teaches a model made from a config.json to predict it. The run ' +
    'folder gets the configuration, metrics, checkpoints, a loss curve and the model. Ctrl-C saves; --resume goes on.';

  static override examples = [
    {
      description: 'Forty steps of a model like the starter model, from nothing, on a text of your own:',
      command:
        '<%= config.bin %> <%= command.id %> --config templates/starter-model/config.json --tokenizer templates/starter-model --dataset book.txt --out runs/book --max-steps 40 --learning-rate 2e-3 --sequence-length 128',
    },
    {
      description: 'Go on with an interrupted run:',
      command: '<%= config.bin %> <%= command.id %> --resume runs/book',
    },
  ];

  static override flags = {
    config: Flags.string({ summary: 'config.json of the model to make.' }),
    tokenizer: Flags.string({ summary: 'Folder with the tokenizer.' }),
    dataset: Flags.string({ summary: 'File or folder with rows of text.' }),
    out: Flags.string({ summary: 'Folder of the run; it must be new or empty.' }),
    resume: Flags.string({
      summary: 'Go on with the run in this folder, with its own settings.',
    }),
    epochs: Flags.string({ summary: 'Passes over the text [default: 1].' }),
    'max-steps': Flags.integer({ min: 1, summary: 'Stop after this many optimizer steps.' }),
    'batch-size': Flags.integer({ min: 1, summary: 'Rows at once [default: 8].' }),
    'sequence-length': Flags.integer({ min: 1, summary: 'Tokens per row [default: the model’s context].' }),
    'learning-rate': Flags.string({ summary: 'Peak learning rate [default: 1e-3].' }),
    schedule: Flags.option({ options: SCHEDULES })({
      summary: 'Decay of the learning rate [default: cosine].',
    }),
    'warmup-steps': Flags.integer({ min: 0, summary: 'Steps of rising learning rate [default: 100].' }),
    'weight-decay': Flags.string({ summary: 'AdamW’s decay of matrices [default: 0.1].' }),
    'max-grad-norm': Flags.string({ summary: 'Clip the gradient to this norm; 0 does not [default: 1].' }),
    seed: Flags.integer({ min: 0, summary: 'Seed of initialisation and order [default: 1].' }),
    'eval-steps': Flags.integer({
      min: 1,
      summary: 'Steps between evaluations and checkpoints [default: 250].',
    }),
    storage: Flags.option({ options: ['F32', 'F16', 'BF16'] as const })({
      summary: 'Number format of the stored weights [default: F16].',
    }),
    ...ENGINE_FLAGS,
  };

  async run(): Promise<FineTuneResult> {
    const { flags } = await this.parse(PreTrain);
    const { checkResumeFlags, readTrainingFlags } = await import('../../cli/training-flags.js');
    const { preTrain, resumePreTrain } = await import('../../lifecycle/adapt/pre-train.js');
    const { planLines, resultRows, RESULT_COLUMNS } = await import('../../cli/renderers/fine-tune.js');
    const { trainingMemoryLines } = await import('../../cli/renderers/training-memory.js');
    const { nodeMachineResources } = await import('../../platform/machine-resources.js');
    const { nodeProcessInfo } = await import('../../platform/process-info.js');
    if (flags.resume !== undefined) checkResumeFlags(flags);
    const progress = this.progress();
    const ports = {
      files: this.ports.fileSystem,
      process: nodeProcessInfo,
      resources: nodeMachineResources,
      createEngine: () => createEngine(flags, this.ports.environment),
      now: () => performance.now(),
      signal: this.signal,
      onMemory: (estimate: Parameters<typeof trainingMemoryLines>[0]) =>
        this.note(trainingMemoryLines(estimate)),
      onPlan: (plan: Parameters<typeof planLines>[0]) => this.note(planLines(plan)),
      onProgress: (event: Parameters<typeof progress.update>[0]) => progress.update(event),
    };
    const result =
      flags.resume === undefined
        ? await preTrain(readTrainingFlags(flags, ['config', 'tokenizer', 'dataset', 'out']), ports)
        : await resumePreTrain(flags.resume, ports);
    this.printTable(RESULT_COLUMNS, resultRows(result));
    return result;
  }
}
