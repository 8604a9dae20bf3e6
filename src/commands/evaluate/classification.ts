import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { createEngine, ENGINE_FLAGS } from '../../cli/engine-flags.js';
import { sanitizeForTerminal } from '../../cli/terminal-text.js';
import type { ClassificationResult } from '../../lifecycle/evaluate/classification.js';

/** `genai evaluate classification`: how often a model finds the right class most likely. */
export default class EvaluateClassification extends BaseCommand<ClassificationResult> {
  static override summary = 'Measure how well a model classifies held-out rows.';

  static override description =
    'Rows are prompts with their class as completion. For each prompt the model chooses the class, among those that ' +
    'occur, whose text it finds most likely; accuracy, F1 and the confusion matrix are of those choices.';

  static override examples = [
    {
      description: 'The starter model before any fine-tuning:',
      command: '<%= config.bin %> <%= command.id %> templates/starter-model --dataset datasets/sentiment',
    },
    {
      description: 'With the adapter of a run:',
      command:
        '<%= config.bin %> <%= command.id %> templates/starter-model --adapter runs/sentiment/adapter --dataset datasets/sentiment/test.jsonl',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'Folder of a model, an adapter or a run.',
    }),
  };

  static override flags = {
    dataset: Flags.string({ required: true, summary: 'Dataset file, or folder with a test file.' }),
    split: Flags.option({ options: ['train', 'validation', 'test'] as const, default: 'test' as const })({
      summary: 'Part of a dataset folder.',
    }),
    adapter: Flags.string({ summary: 'Adapter to use with the model.' }),
    ...ENGINE_FLAGS,
  };

  async run(): Promise<ClassificationResult> {
    const { args, flags } = await this.parse(EvaluateClassification);
    const { classificationStep, evaluateClassification } =
      await import('../../lifecycle/evaluate/classification.js');
    const { recordInProject } = await import('../../cli/project-record.js');
    const { confusionColumns, confusionRows, summaryLine } =
      await import('../../cli/renderers/classification.js');
    const progress = this.progress();
    const { dataset, split, adapter } = flags;
    const options = { model: args.model, dataset, split, adapter };
    const result = await evaluateClassification(options, {
      files: this.ports.fileSystem,
      createEngine: () => createEngine(flags, this.ports.environment),
      onProgress: (event) => progress.update(event),
      signal: this.signal,
    });
    this.printParagraph(summaryLine(result));
    // The classes are data, and a table makes only its cells safe to print.
    const columns = confusionColumns(result).map((column) => ({
      ...column,
      title: sanitizeForTerminal(column.title),
    }));
    this.printTable(columns, confusionRows(result));
    const places = [args.model, ...(adapter === undefined ? [] : [adapter])];
    const record = await recordInProject(this.ports, progress, this.signal, places, (project) =>
      classificationStep(project, options, result, this.ports.fileSystem),
    );
    if (record !== undefined) this.printParagraph(`Recorded in ${record}.`);
    return result;
  }
}
