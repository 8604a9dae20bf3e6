import { Args, Flags } from '@oclif/core';
import { toCsvText } from '../../cli/csv.js';
import { numberFlag } from '../../cli/number-flag.js';
import { BaseCommand } from '../../cli/base-command.js';
import type { TrainOrReuse } from '../../lifecycle/select/train-or-reuse.js';

/** `genai select train-or-reuse`: the first decision, an existing model or one of your own. */
export default class SelectTrainOrReuse extends BaseCommand<TrainOrReuse> {
  static override summary = 'Weigh an existing model against training your own.';

  static override description =
    'Lays side by side what data, computation, time and money it takes to prompt a model, to fine-tune it with LoRA or ' +
    'in full, to continue its pre-training, and to train one of its size from scratch on compute-optimal tokens; and ' +
    'says which to take first, by the plan of the scope. Flags go before what scope.yaml says.';

  static override examples = [
    {
      description: 'An assistant for lawyers, with 500 examples and 3 billion tokens of law:',
      command:
        '<%= config.bin %> <%= command.id %> llama-3.1-8b --task summarization --domain law --unusual-vocabulary --domain-tokens 3B --examples 500',
    },
    {
      description: 'A model of 50B on GPUs of a known price, with every formula:',
      command:
        '<%= config.bin %> <%= command.id %> 50B --task chat --gpu "A100 80GB" --gpus 512 --price 1.5 --explain',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'A model that is known, or a number of parameters such as 7B.',
    }),
  };

  static override flags = {
    scope: Flags.string({ summary: 'Read the scope from this file.', helpValue: 'scope.yaml' }),
    task: Flags.string({ summary: 'What the model is to do, e.g. summarization or chat.' }),
    domain: Flags.string({ summary: 'Field of the texts, e.g. medicine.' }),
    'unusual-vocabulary': Flags.boolean({
      allowNo: true,
      summary: 'Its words are rare elsewhere, or mean something else there.',
    }),
    'domain-tokens': Flags.string({ summary: 'Tokens of its text that may be trained on, e.g. 2B.' }),
    examples: Flags.integer({ min: 0, summary: 'Labelled examples at hand.' }),
    gpu: Flags.string({ summary: 'The accelerator [default: the scope’s, or H100].' }),
    gpus: Flags.integer({ min: 1, summary: 'How many of them [default: 8].' }),
    price: numberFlag({ summary: 'US dollars for an hour of one [default: the cheapest offer known].' }),
    budget: numberFlag({ summary: 'US dollars that it may cost in all.' }),
    utilisation: numberFlag({ summary: 'Share of the peak that is reached [default: 0.4].' }),
    explain: Flags.boolean({ summary: 'Show how every number was worked out.' }),
    csv: Flags.boolean({ summary: 'Print the ways as CSV.', exclusive: ['json', 'explain'] }),
  };

  async run(): Promise<TrainOrReuse> {
    const { args, flags } = await this.parse(SelectTrainOrReuse);
    const { trainOrReuse } = await import('../../lifecycle/select/train-or-reuse.js');
    const result = await trainOrReuse(
      {
        ...args,
        ...flags,
        unusualVocabulary: flags['unusual-vocabulary'],
        domainTokens: flags['domain-tokens'],
      },
      await this.machinePorts(),
    );
    const view = await import('../../cli/renderers/train-or-reuse.js');
    if (flags.csv) {
      this.print(toCsvText(view.wayRecords(result)));
      return result;
    }
    this.printParagraph(view.wayIntroduction(result));
    this.print('\n');
    this.printTable(view.WAY_COLUMNS, view.wayRows(result));
    const { explain } = await import('../../cli/renderers/derivation.js');
    const paragraphs = view.wayRemarks(result).map((remark) => [remark]);
    const figures = flags.explain ? view.wayFigures(result).map(explain) : [];
    for (const lines of [...paragraphs, ...figures]) {
      this.print('\n');
      for (const line of lines) this.printParagraph(line);
    }
    return result;
  }
}
