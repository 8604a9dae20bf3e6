import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import type { UseModelResult } from '../../lifecycle/select/use.js';

/** `genai select use`: the model that a project builds on. */
export default class SelectUse extends BaseCommand<UseModelResult> {
  static override summary = 'Record the model that this project builds on.';

  static override description =
    'Writes the choice to stages/select.yaml of the project that this folder is in, with the fingerprint of the scope ' +
    'it was made for: genai status then tells when the scope has changed since, and when a run was trained from ' +
    'another model. An earlier choice is replaced; version control keeps it.';

  static override examples = [
    {
      description: 'A model of the hub:',
      command:
        '<%= config.bin %> <%= command.id %> HuggingFaceTB/SmolLM2-135M --reason "small enough to try"',
    },
    {
      description: 'A folder:',
      command: '<%= config.bin %> <%= command.id %> models/SmolLM2-135M',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'Model folder, ORG/NAME on the hub, or an id of genai select list.',
    }),
  };

  static override flags = {
    reason: Flags.string({ summary: 'Why this one, in a sentence to be kept.' }),
  };

  async run(): Promise<UseModelResult> {
    const { args, flags } = await this.parse(SelectUse);
    const { useModel } = await import('../../lifecycle/select/use.js');
    const progress = this.progress();
    const result = await useModel(
      { model: args.model, reason: flags.reason, from: process.cwd() },
      {
        files: this.ports.fileSystem,
        now: () => this.ports.now(),
        onProgress: (event) => progress.update(event),
        signal: this.signal,
      },
    );
    this.printParagraph(`The project builds on ${result.model}; written to ${result.record}.`);
    return result;
  }
}
