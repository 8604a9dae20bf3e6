import { Flags } from '@oclif/core';
import { toCsvText } from '../../cli/csv.js';
import { BaseCommand } from '../../cli/base-command.js';
import { LIST_ORDERS } from '../../lifecycle/select/list-orders.js';
import type { ModelList } from '../../lifecycle/select/list.js';

/** `genai select list`: the models whose cards are known, by what they are and what they need. */
export default class SelectList extends BaseCommand<ModelList> {
  static override summary = 'List the models that are known, by any filters together.';

  static override description =
    'Lists published models and those that you added. Filters combine; where nothing is left, it says which of them ' +
    'removed most. With --fits or --gpu a model counts as fitting if it runs in bf16, int8 or int4 on one sequence of ' +
    '4,096 tokens, or of --min-context.';

  static override examples = [
    {
      description: 'What follows instructions, may be sold, and runs on a card with 24 GB:',
      command:
        '<%= config.bin %> <%= command.id %> --instruction-tuned --licence commercial --fits 24GB --sort parameters --reverse',
    },
    {
      description: 'Encoders that classify texts, for a spreadsheet:',
      command: '<%= config.bin %> <%= command.id %> --arch encoder --task text-classification --csv',
    },
    {
      description: 'German, with room for long texts:',
      command: '<%= config.bin %> <%= command.id %> --language German --min-context 100000',
    },
  ];

  static override flags = {
    task: Flags.string({ summary: 'Only models whose card names this task, e.g. translation.' }),
    family: Flags.string({ summary: 'Only this family, e.g. "Llama 3.1".' }),
    arch: Flags.string({
      summary: 'Only encoders, decoders or encoder-decoders; or one architecture, e.g. qwen2.',
    }),
    'max-params': Flags.string({ summary: 'Most parameters, e.g. 7B.' }),
    'min-params': Flags.string({ summary: 'Fewest parameters, e.g. 500M.' }),
    'min-context': Flags.integer({ min: 1, summary: 'Fewest tokens of context.' }),
    licence: Flags.string({
      aliases: ['license'],
      summary: 'Only this licence, e.g. apache-2.0; or commercial for all that allow commercial use.',
    }),
    language: Flags.string({ summary: 'Only models trained on this language, e.g. de or German.' }),
    fits: Flags.string({ summary: 'Only what runs in this memory, e.g. 24GB or 16GiB.' }),
    gpu: Flags.string({ summary: 'Only what runs on this accelerator, e.g. "RTX 4090".' }),
    'open-weights': Flags.boolean({ summary: 'Only weights that nobody need be asked for.' }),
    'instruction-tuned': Flags.boolean({
      allowNo: true,
      summary: 'Only models, or with --no- only those without a variant, that follow instructions.',
    }),
    sort: Flags.option({ options: LIST_ORDERS, default: 'name' as const })({
      summary: 'Order, the smallest, oldest or first on top.',
    }),
    reverse: Flags.boolean({ summary: 'Turn the order around.' }),
    csv: Flags.boolean({ summary: 'Print the models as CSV.', exclusive: ['json'] }),
  };

  async run(): Promise<ModelList> {
    const { flags } = await this.parse(SelectList);
    const { listModels } = await import('../../lifecycle/select/list.js');
    const list = await listModels(
      {
        ...flags,
        maxParams: flags['max-params'],
        minParams: flags['min-params'],
        minContext: flags['min-context'],
        openWeights: flags['open-weights'],
        instructionTuned: flags['instruction-tuned'],
      },
      await this.machinePorts(),
    );
    const { listColumns, listRecords, listRows, listSummary } =
      await import('../../cli/renderers/model-list.js');
    if (flags.csv) this.print(toCsvText(listRecords(list)));
    else {
      if (list.models.length > 0) {
        this.printTable(listColumns(list), listRows(list));
        this.print('\n');
      }
      this.printParagraph(listSummary(list));
    }
    return list;
  }
}
