import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import type { AddedModel, RemovedModel } from '../../lifecycle/select/add.js';

/** `genai select add`: makes a model of the user's own known to all that choose models. */
export default class SelectAdd extends BaseCommand<AddedModel | RemovedModel> {
  static override summary = 'Make a model of your own known to the other commands.';

  static override description =
    'Reads config.json and the model card of a folder or of a repository on the hub, and writes a card for it: into ' +
    'model-cards/ of the project, or where there is none into the folder of your data. No weights are read. The card ' +
    'is a README.md as the hub has them, to be changed by hand.';

  static override examples = [
    {
      description: 'A model on the hub:',
      command: '<%= config.bin %> <%= command.id %> hf:HuggingFaceTB/SmolLM3-3B',
    },
    {
      description: 'A model that was fine-tuned here, for all projects:',
      command: '<%= config.bin %> <%= command.id %> runs/my-model --as my-model --to user',
    },
    {
      description: 'Take its card away again:',
      command: '<%= config.bin %> <%= command.id %> my-model --remove',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'The folder of a model, hf:ORG/NAME, or with --remove an id.',
    }),
  };

  static override flags = {
    as: Flags.string({ summary: 'The id to give it [default: from its name].', exclusive: ['remove'] }),
    to: Flags.option({ options: ['project', 'user'] as const, exclusive: ['remove'] })({
      summary: 'Whose cards it joins [default: the project’s if there is one].',
    }),
    force: Flags.boolean({ summary: 'Write over a card of the same id.', exclusive: ['remove'] }),
    remove: Flags.boolean({ summary: 'Take the card of that id away; the model stays.' }),
  };

  async run(): Promise<AddedModel | RemovedModel> {
    const { args, flags } = await this.parse(SelectAdd);
    const { addModel, removeModel } = await import('../../lifecycle/select/add.js');
    const ports = await this.machinePorts();
    if (flags.remove) {
      const removed = await removeModel({ id: args.model }, ports);
      this.printParagraph(`Removed ${removed.path}.`);
      return removed;
    }
    const added = await addModel({ ...args, ...flags }, { ...ports, signal: this.signal });
    const { cardColumns, cardRows } = await import('../../cli/renderers/model-description.js');
    this.printTable(cardColumns(added.model), cardRows(added.model));
    this.print('\n');
    this.printParagraph(
      `Written to ${added.path}; what it does not know can be filled in there. Next: genai select show ${added.model.id}.`,
    );
    return added;
  }
}
