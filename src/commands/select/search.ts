import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { toCsvText } from '../../cli/csv.js';
import { SEARCH_LIMIT, SEARCH_ORDERS } from '../../lifecycle/select/search-limits.js';
import type { SearchResult } from '../../lifecycle/select/search.js';

/** `genai select search`: what models the hub has. */
export default class Search extends BaseCommand<SearchResult> {
  static override summary = 'Search the Hugging Face hub for models.';

  static override description =
    'Lists the models whose id holds the words, with what the hub says of them. HF_ENDPOINT and HF_TOKEN are honoured. ' +
    'Parameters are those in safetensors files; gated models ask you to accept a licence before the download.';

  static override examples = [
    {
      description: 'Small language models of one author, the most downloaded first:',
      command: '<%= config.bin %> <%= command.id %> SmolLM2 --author HuggingFaceTB --task text-generation',
    },
    {
      description: 'The ten best liked models that turn text into images, for a spreadsheet:',
      command: '<%= config.bin %> <%= command.id %> --task text-to-image --sort likes --limit 10 --csv',
    },
  ];

  static override args = {
    words: Args.string({ multiple: true, ignoreStdin: true, description: 'Words in the id of the model.' }),
  };

  static override flags = {
    task: Flags.string({ summary: 'Only models for this task, e.g. text-generation.' }),
    author: Flags.string({ summary: 'Only models of this organisation or user.' }),
    sort: Flags.option({
      options: SEARCH_ORDERS,
      default: 'downloads' as const,
    })({ summary: 'Order, the largest or newest first.' }),
    limit: Flags.integer({ min: 1, max: SEARCH_LIMIT, default: 20, summary: 'Most models listed.' }),
    csv: Flags.boolean({ summary: 'Print the models as CSV.', exclusive: ['json'] }),
  };

  async run(): Promise<SearchResult> {
    const { args, flags } = await this.parse(Search);
    const { huggingFaceHub } = await import('../../platform/model-hub.js');
    const { searchModels } = await import('../../lifecycle/select/search.js');
    const { searchRecords, searchRows, SEARCH_COLUMNS } = await import('../../cli/renderers/search.js');
    const { csv, ...others } = flags;
    const result = await searchModels(
      { ...others, words: args.words ?? [] },
      { hub: huggingFaceHub(this.ports.environment), signal: this.signal },
    );
    if (csv) this.print(toCsvText(searchRecords(result)));
    else if (result.models.length === 0) this.printParagraph('No model was found; try fewer words.');
    else this.printTable(SEARCH_COLUMNS, searchRows(result));
    return result;
  }
}
