import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { RECOMPUTATIONS } from '../../core/memory/activations.js';
import { DTYPES } from '../../core/memory/dtype.js';
import { OPTIMIZERS } from '../../core/memory/optimizer-states.js';
import { METHODS } from '../../core/memory/training-options.js';
import type { MemoryEstimate } from '../../lifecycle/estimate/memory.js';

/** `genai estimate memory`: what memory a model takes to run and to train. */
export default class EstimateMemory extends BaseCommand<MemoryEstimate> {
  static override summary = 'Estimate the memory a model takes to run and to train.';

  static override description =
    'Gives the rule of thumb (4 bytes per parameter to run, 24 to train, at 32 bits) beside a figure built up from ' +
    'weights, key/value cache, activations, gradients and optimizer state. A configuration gives the exact parameter ' +
    'count and shape; for a bare count the shape of a typical LLaMA is assumed. GB is 10^9 bytes, GiB 2^30.';

  static override examples = [
    {
      description: 'From a number of parameters:',
      command: '<%= config.bin %> <%= command.id %> 7B',
    },
    {
      description: 'LoRA on 4-bit weights, four sequences of 2,048 tokens at once:',
      command:
        '<%= config.bin %> <%= command.id %> 7B --method lora --dtype int4 --batch 4 --sequence-length 2048',
    },
    {
      description: 'The bytes to train in bfloat16 with every block recomputed, for a program to read:',
      command: '<%= config.bin %> <%= command.id %> 1.5e9 --dtype bf16 --recompute full --json',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'A parameter count (7B, 124M, 1.5e9), a config.json, or the folder of a checkpoint.',
    }),
  };

  static override flags = {
    dtype: Flags.option({ options: DTYPES, default: 'fp32' as const })({
      summary: 'Number format of the weights.',
    }),
    context: Flags.integer({
      min: 1,
      summary: 'Tokens of one sequence when run [default: 4,096 or the model’s limit].',
    }),
    batch: Flags.integer({ min: 1, default: 1, summary: 'Sequences at once.' }),
    'sequence-length': Flags.integer({
      min: 1,
      summary: 'Tokens of one training sequence [default: 2,048 or the model’s limit].',
    }),
    method: Flags.option({ options: METHODS })({
      summary: 'What is trained [default: full; lora for int8 and int4].',
    }),
    rank: Flags.integer({ min: 1, default: 8, summary: 'Inner dimension of LoRA adapters.' }),
    optimizer: Flags.option({ options: OPTIMIZERS, default: 'adamw' as const })({ summary: 'Optimizer.' }),
    recompute: Flags.option({ options: RECOMPUTATIONS, default: 'selective' as const })({
      summary: 'What the backward pass computes again: nothing, attention scores, or whole blocks.',
    }),
  };

  async run(): Promise<MemoryEstimate> {
    const { args, flags } = await this.parse(EstimateMemory);
    const { estimateMemory } = await import('../../lifecycle/estimate/memory.js');
    const { 'sequence-length': sequenceLength, ...others } = flags;
    const estimate = await estimateMemory({ ...args, ...others, sequenceLength }, this.ports);
    const { describeModel, explainDifference, memoryRows, MEMORY_COLUMNS } =
      await import('../../cli/renderers/memory-estimate.js');
    this.printParagraph(describeModel(estimate));
    this.print('\n');
    this.printTable(MEMORY_COLUMNS, memoryRows(estimate));
    this.print('\n');
    this.printParagraph(explainDifference(estimate));
    return estimate;
  }
}
