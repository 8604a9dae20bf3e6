import { Args, Flags } from '@oclif/core';
import { EstimateCommand } from '../../cli/estimate-command.js';
import { numberFlag } from '../../cli/number-flag.js';
import { tokenCountFlag } from '../../cli/token-count-flag.js';
import type { ScalingEstimate } from '../../lifecycle/estimate/scaling.js';

/** `genai estimate scaling`: how big a model on how much data for a budget, and the other way round. */
export default class EstimateScaling extends EstimateCommand<ScalingEstimate> {
  static override summary = 'Find the size and data that suit a training budget, or judge those of a model.';

  static override description =
    'From a budget: the compute-optimal model. From a model or tokens: the other, and the compute. From a model with ' +
    'its tokens: whether it is over- or under-trained. From a loss: the least compute. Uses Chinchilla’s law as ' +
    'refitted by Epoch AI, beside Chinchilla’s own three approaches, Kaplan’s laws and the rule of 20 tokens.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> --flops 5.76e23',
    {
      description: 'What $10,000 buy on H100s, with curves:',
      command: '<%= config.bin %> <%= command.id %> --usd 10000 --gpu H100 --price 2.5 --plot',
    },
    {
      description: 'Is a model over-trained?',
      command: '<%= config.bin %> <%= command.id %> 8B --tokens 15T --explain',
    },
    {
      description: 'Tokens for 7B parameters by the rule of thumb:',
      command: '<%= config.bin %> <%= command.id %> 7B --law rule-of-20',
    },
  ];

  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description: 'A parameter count (7B), a model’s name, a config.json, or the folder of a checkpoint.',
    }),
  };

  static override flags = {
    tokens: tokenCountFlag({ summary: 'Tokens to train on, such as 300B or 1.4T.' }),
    loss: numberFlag({ summary: 'Loss to reach, in nats per token.', helpValue: '2.0' }),
    flops: numberFlag({ summary: 'Budget in floating-point operations.', helpValue: '1e21' }),
    'pf-days': numberFlag({ summary: 'Budget in petaFLOP/s-days.', helpValue: '100' }),
    'gpu-hours': numberFlag({ summary: 'Budget in hours of all GPUs together.', helpValue: '5000' }),
    usd: numberFlag({ summary: 'Budget in US dollars.', helpValue: '10000' }),
    gpu: Flags.string({ summary: 'GPU that hours or dollars are spent on.', helpValue: 'H100' }),
    price: numberFlag({ summary: 'US dollars for an hour of one GPU [default: the cheapest known].' }),
    utilisation: numberFlag({ summary: 'Share of the dense peak that is reached [default: 0.4].' }),
    law: Flags.string({
      default: 'epoch',
      summary:
        'Scaling law: epoch, rule-of-20, chinchilla-1, -2 or -3, hoffmann, hoffmann-unrounded, kaplan.',
    }),
    plot: Flags.boolean({ summary: 'Draw the curves in the terminal.', exclusive: ['csv', 'json'] }),
  };

  async run(): Promise<ScalingEstimate> {
    const { args, flags } = await this.parse(EstimateScaling);
    const { estimateScaling } = await import('../../lifecycle/estimate/scaling.js');
    const estimate = await estimateScaling(
      { ...args, ...flags, pfDays: flags['pf-days'], gpuHours: flags['gpu-hours'] },
      await this.machinePorts(),
    );
    const { plotScaling, viewScaling } = await import('../../cli/renderers/scaling-estimate.js');
    await this.present(flags, viewScaling(estimate));
    if (flags.plot) this.print(`\n${plotScaling(estimate, this.ports.stdout.columns)}`);
    return estimate;
  }
}
