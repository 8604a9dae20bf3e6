import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import type { ModelComparison } from '../../lifecycle/select/compare.js';

/** `genai select compare`: models side by side. */
export default class SelectCompare extends BaseCommand<ModelComparison> {
  static override summary = 'Compare two to six models side by side.';

  static override description =
    'Lays cards side by side, with the memory to run and to train each, and marks what is not the same. In a terminal ' +
    'too narrow for a column of each model they stand below each other.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> llama-3.1-8b qwen3-8b',
    '<%= config.bin %> <%= command.id %> bert-base-uncased t5-base gpt2 --json',
  ];

  static override args = {
    models: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'Ids, names, or repositories on the hub.',
    }),
  };

  async run(): Promise<ModelComparison> {
    const { args } = await this.parse(SelectCompare);
    const { compareModels } = await import('../../lifecycle/select/compare.js');
    const comparison = await compareModels(args, await this.machinePorts());
    const { comparisonColumns, comparisonRemark, comparisonRows } =
      await import('../../cli/renderers/model-comparison.js');
    this.printTable(comparisonColumns(comparison), comparisonRows(comparison));
    this.print('\n');
    this.printParagraph(comparisonRemark(comparison));
    return comparison;
  }
}
