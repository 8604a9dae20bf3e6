import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { toCsvText } from '../../cli/csv.js';
import { TASK_FOLDER } from '../../cli/evaluation-flags.js';
import type { EvaluationList } from '../../lifecycle/evaluate/list.js';

/** `genai evaluate list`: what has been measured, and the tasks that are ready. */
export default class EvaluateList extends BaseCommand<EvaluationList> {
  static override summary = 'List finished evaluations, and the tasks that are ready.';

  static override description =
    'Finished evaluations below a folder, by task, then by model, then the latest first; and the tasks that ship with ' +
    'the toolkit, with the ids of their datasets on the Hugging Face hub.';

  static override examples = [
    { description: 'Everything below runs:', command: '<%= config.bin %> <%= command.id %>' },
    { description: 'Results for a spreadsheet:', command: '<%= config.bin %> <%= command.id %> --csv' },
  ];

  static override args = {
    folder: Args.string({ ignoreStdin: true, description: 'Folder to look in [default: runs].' }),
  };

  static override flags = {
    csv: Flags.boolean({ summary: 'Print the values of all results as CSV.', exclusive: ['json'] }),
  };

  async run(): Promise<EvaluationList> {
    const { args, flags } = await this.parse(EvaluateList);
    const { listEvaluations } = await import('../../lifecycle/evaluate/list.js');
    const { RESULT_COLUMNS, resultRecords, resultRows, TASK_COLUMNS, taskRows } =
      await import('../../cli/renderers/evaluation-list.js');
    const list = await listEvaluations(
      { ...args },
      { files: this.ports.fileSystem, taskFolder: TASK_FOLDER },
    );
    if (flags.csv) {
      this.print(toCsvText(resultRecords(list)));
      return list;
    }
    if (list.results.length === 0) this.printParagraph('There is no finished evaluation.');
    else this.printTable(RESULT_COLUMNS, resultRows(list));
    for (const { folder, why } of list.unreadable) this.printParagraph(`${folder} cannot be read: ${why}`);
    this.print('\n');
    this.printTable(TASK_COLUMNS, taskRows(list));
    return list;
  }
}
