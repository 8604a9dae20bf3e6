import { Args, Flags } from '@oclif/core';
import { computeFlags } from '../../cli/compute-flags.js';
import { EstimateCommand } from '../../cli/estimate-command.js';
import { tokenCountFlag } from '../../cli/token-count-flag.js';
import type { ComputeEstimate } from '../../lifecycle/estimate/compute.js';

/** `genai estimate compute`: how many operations training takes, and what that is in days of a GPU. */
export default class EstimateCompute extends EstimateCommand<ComputeEstimate> {
  static override summary = 'Estimate the operations that training takes, in petaflop/s-days and GPU-days.';

  static override description =
    'Gives the rule of thumb (6 operations for each parameter and token) beside a count with attention, ' +
    'recomputation, LoRA, experts, and encoders beside decoders; what that is in days of V100, A100, H100 and H200 ' +
    'at full peak and at a usual utilisation; and how many of them make a petaflop/s-day.';

  static override examples = [
    {
      description: 'GPT-3, which took 3,640 petaflop/s-days:',
      command: '<%= config.bin %> <%= command.id %> 175B --tokens 300B',
    },
    {
      description: 'T5-11B, an encoder–decoder, with every formula:',
      command: '<%= config.bin %> <%= command.id %> 11B --encoder-decoder --tokens 1T --explain',
    },
    {
      description: 'LoRA on a model that is known, on two kinds of GPU, for a program to read:',
      command:
        '<%= config.bin %> <%= command.id %> llama-3.1-8b --tokens 50M --method lora --gpu l4 --gpu rtx4090 --json',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'A parameter count (7B), a model’s name, a config.json, or the folder of a checkpoint.',
    }),
  };

  static override flags = {
    tokens: tokenCountFlag({ required: true, summary: 'Tokens to train on, such as 300B or 1.4T.' }),
    ...computeFlags,
    causal: Flags.boolean({ summary: 'Count only the half of attention that a causal mask leaves.' }),
  };

  async run(): Promise<ComputeEstimate> {
    const { args, flags } = await this.parse(EstimateCompute);
    const { estimateCompute } = await import('../../lifecycle/estimate/compute.js');
    const estimate = await estimateCompute(
      {
        ...args,
        ...flags,
        activeParameters: flags['active-parameters'],
        encoderDecoder: flags['encoder-decoder'],
        sequenceLength: flags['sequence-length'],
      },
      await this.machinePorts(),
    );
    const { viewCompute } = await import('../../cli/renderers/compute-estimate.js');
    await this.present(flags, viewCompute(estimate));
    return estimate;
  }
}
