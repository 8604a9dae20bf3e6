import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import type { ModelDescription } from '../../lifecycle/select/show.js';

/** `genai select show`: a model's card, its licence in plain words, and what it takes to run and to train it. */
export default class SelectShow extends BaseCommand<ModelDescription> {
  static override summary = 'Show a model: its card, its licence, and what it takes.';

  static override description =
    'Shows what is published of a model and what follows from its shape: the memory to run it in several formats and ' +
    'to train it in several ways, and the smallest accelerators that hold each. Models whose weights were never given ' +
    'out are shown with what stands in for them.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> llama-3.1-8b',
    {
      description: 'A model that was never given out:',
      command: '<%= config.bin %> <%= command.id %> "GPT-3 175B"',
    },
    '<%= config.bin %> <%= command.id %> Qwen/Qwen2.5-7B-Instruct --json',
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'A model’s id, its name, or its repository on the hub.',
    }),
  };

  async run(): Promise<ModelDescription> {
    const { args } = await this.parse(SelectShow);
    const { showModel } = await import('../../lifecycle/select/show.js');
    const model = await showModel(args, await this.machinePorts());
    const { cardColumns, cardRows, descriptionRemarks, MEMORY_COLUMNS, memoryRows } =
      await import('../../cli/renderers/model-description.js');
    this.printTable(cardColumns(model), cardRows(model));
    this.print('\n');
    this.printTable(MEMORY_COLUMNS, memoryRows(model));
    for (const remark of descriptionRemarks(model)) {
      this.print('\n');
      this.printParagraph(remark);
    }
    return model;
  }
}
