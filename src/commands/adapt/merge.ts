import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import type { MergeResult } from '../../lifecycle/adapt/merge.js';

/** `genai adapt merge`: an adapter into its base weights. */
export default class Merge extends BaseCommand<MergeResult> {
  static override summary = 'Merge a LoRA adapter into its base model.';

  static override description =
    'Adds the adapter to the weights it was trained on and writes a model folder that needs no adapter. The adapter ' +
    'may be one that this toolkit or PEFT wrote.';

  static override examples = [
    {
      description: 'The adapter of a fine-tuning run:',
      command:
        '<%= config.bin %> <%= command.id %> --adapter runs/sentiment/adapter --out runs/sentiment/merged',
    },
    {
      description: 'With the base model named, and the result stored in bfloat16:',
      command:
        '<%= config.bin %> <%= command.id %> --adapter runs/sentiment/adapter --base templates/starter-model --storage BF16 --out runs/sentiment/merged-bf16',
    },
  ];

  static override flags = {
    adapter: Flags.string({ required: true, summary: 'Folder of the adapter.' }),
    out: Flags.string({ required: true, summary: 'Folder of the merged model; it must be new or empty.' }),
    base: Flags.string({ summary: 'Folder of the base model [default: as the adapter says].' }),
    storage: Flags.option({ options: ['F32', 'F16', 'BF16'] as const })({
      summary: 'Number format of the stored weights [default: as the base].',
    }),
  };

  async run(): Promise<MergeResult> {
    const { flags } = await this.parse(Merge);
    const { mergeAdapter, mergeStep } = await import('../../lifecycle/adapt/merge.js');
    const progress = this.progress();
    const { adapter, out, base, storage } = flags;
    const result = await mergeAdapter(
      { adapter, out, base, storage },
      { files: this.ports.fileSystem, onProgress: (event) => progress.update(event), signal: this.signal },
    );
    this.printParagraph(
      `Merged ${result.merged_layers} layers into ${result.base}; the model is in ${result.output_dir} (${result.storage}).`,
    );
    await this.recordStep([out], (project) => mergeStep(project, result));
    return result;
  }
}
