import { Args, Flags } from '@oclif/core';
import { EstimateCommand } from '../../cli/estimate-command.js';
import { numberFlag } from '../../cli/number-flag.js';
import { tokenCountFlag } from '../../cli/token-count-flag.js';
import type { DataEstimate } from '../../lifecycle/estimate/data.js';

/** `genai estimate data`: how much text training takes, raw, curated and as tokens on disk. */
export default class EstimateData extends EstimateCommand<DataEstimate> {
  static override summary = 'Estimate the text that training takes: raw, curated, and as tokens on disk.';

  static override description =
    'Curation leaves 1 to 3 % of scraped text, so that much more must be collected than is trained on. A token is ' +
    'taken for 4 bytes of English, or for what is published of another language, or for what a tokenizer makes of a ' +
    'sample of yours.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> --tokens 300B',
    {
      description: 'A model’s compute-optimal tokens, in German:',
      command: '<%= config.bin %> <%= command.id %> 7B --language german --explain',
    },
    {
      description: 'Measured with the tokenizer of a model:',
      command:
        '<%= config.bin %> <%= command.id %> --tokens 10B --tokenizer templates/starter-model --sample datasets/general/README.md',
    },
  ];

  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description: 'A parameter count (7B), a model’s name, a config.json, or the folder of a checkpoint.',
    }),
  };

  static override flags = {
    tokens: tokenCountFlag({ summary: 'Tokens to train on [default: the compute-optimal ones of MODEL].' }),
    epochs: numberFlag({ summary: 'How often each token is seen [default: 1].', helpValue: '4' }),
    kept: numberFlag({
      summary: 'Share of the scraped text that curation leaves [default: 0.01 to 0.03].',
      helpValue: '0.02',
    }),
    'bytes-per-token': numberFlag({ summary: 'Bytes of text that a token stands for.', helpValue: '4' }),
    language: Flags.string({ summary: 'Language with published lengths, e.g. german.' }),
    vocabulary: Flags.option({ options: ['gpt2', 'cl100k_base', 'llama', 'bloom'] as const })({
      summary: 'Tokenizer of the published lengths [default: gpt2].',
      dependsOn: ['language'],
    }),
    tokenizer: Flags.string({
      summary: 'Folder with a tokenizer.json, that file, or a GGUF file, to measure with.',
      helpValue: 'FOLDER',
    }),
    sample: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Text to measure; may be repeated, e.g. for each language.',
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<DataEstimate> {
    const { args, flags } = await this.parse(EstimateData);
    const { estimateData } = await import('../../lifecycle/estimate/data.js');
    const estimate = await estimateData(
      { ...args, ...flags, bytesPerToken: flags['bytes-per-token'] },
      await this.machinePorts(),
    );
    const { viewData } = await import('../../cli/renderers/data-estimate.js');
    await this.present(flags, viewData(estimate));
    return estimate;
  }
}
