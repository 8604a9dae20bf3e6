import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { threadsOf, VERIFICATION_FLAGS } from '../../cli/verification-flags.js';
import { EXIT_CODES } from '../../core/errors/exit-codes.js';
import type { VerifyResult } from '../../lifecycle/deploy/verify.js';

/** `genai deploy verify`: whether an export is the model that it was made from. */
export default class Verify extends BaseCommand<VerifyResult> {
  static override summary = 'Check that an export is the model that it was made from.';

  static override description =
    'Runs both on the same prompts and compares rendered chat templates, token ids, what begins and ends a text, logits, ' +
    'greedy answers and perplexity, by limits for the precision. GGUF files run in llama.cpp itself (package ' +
    'node-llama-cpp), ONNX graphs in ONNX Runtime. The status is 100 where they are not the same model.';

  static override examples = [
    {
      description: 'An exported folder:',
      command:
        '<%= config.bin %> <%= command.id %> exports/starter-model-gguf-Q4_K_M --against templates/starter-model',
    },
    {
      description:
        'A GGUF file from elsewhere, against base model and adapter, with perplexity on rows of yours:',
      command:
        '<%= config.bin %> <%= command.id %> model-Q8_0.gguf --against templates/starter-model --adapter runs/sentiment/adapter --dataset datasets/sentiment',
    },
  ];

  static override args = {
    export: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'Exported folder, .gguf or .onnx file, Modelfile, or folder with safetensors.',
    }),
  };

  static override flags = {
    against: Flags.string({ required: true, summary: 'The model that it was made from.' }),
    adapter: Flags.string({ summary: 'Adapter that belongs to that model.' }),
    ...VERIFICATION_FLAGS,
  };

  async run(): Promise<VerifyResult> {
    const { args, flags } = await this.parse(Verify);
    const { verifyExport } = await import('../../lifecycle/deploy/verify.js');
    const { printVerification, verificationPorts } = await import('../../cli/verification-printer.js');
    const progress = this.progress();
    const { against, adapter, prompts, dataset, split } = flags;
    const result = await verifyExport(
      { export: args.export, against, adapter, prompts, dataset, split },
      verificationPorts(this.ports, threadsOf(flags), (event) => progress.update(event), this.signal),
    );
    printVerification(
      result,
      (columns, rows) => this.printTable(columns, rows),
      (text) => this.printParagraph(text),
    );
    if (result.verdict === 'pass') return result;
    if (this.jsonEnabled()) this.logJson(result);
    this.exit(EXIT_CODES.BELOW_THRESHOLD.exit);
  }
}
