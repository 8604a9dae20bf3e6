import { Args } from '@oclif/core';
import { EstimateCommand } from '../../cli/estimate-command.js';
import { numberFlag } from '../../cli/number-flag.js';
import type { QuantizationEstimate } from '../../lifecycle/estimate/quantize.js';

/** `genai estimate quantize`: what number formats save and what they lose. */
export default class EstimateQuantize extends EstimateCommand<QuantizationEstimate> {
  static override summary = 'Compare number formats: memory saved, range, and rounding.';

  static override description =
    'Shows for FP32, FP16, BF16, FP8, INT8, INT4 and NF4 their bits, largest and smallest number and precision, what ' +
    'the weights of a model take in them, and what a number of yours becomes.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> 7B',
    {
      description: 'A small weight in a block whose largest is 0.8:',
      command: '<%= config.bin %> <%= command.id %> 124M --value 0.0123 --range 0.8 --explain',
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
    value: numberFlag({ summary: 'Number to round into each format [default: π].' }),
    range: numberFlag({
      summary: 'Largest magnitude that shares its scale [default: the next power of two].',
    }),
  };

  async run(): Promise<QuantizationEstimate> {
    const { args, flags } = await this.parse(EstimateQuantize);
    const { estimateQuantization } = await import('../../lifecycle/estimate/quantize.js');
    const estimate = await estimateQuantization(
      { ...args, value: flags.value, range: flags.range },
      await this.machinePorts(),
    );
    const { viewQuantization } = await import('../../cli/renderers/quantization-estimate.js');
    await this.present(flags, viewQuantization(estimate));
    return estimate;
  }
}
