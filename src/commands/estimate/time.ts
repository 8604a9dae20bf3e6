import { Args, Flags } from '@oclif/core';
import { computeFlags } from '../../cli/compute-flags.js';
import { EstimateCommand } from '../../cli/estimate-command.js';
import { numberFlag } from '../../cli/number-flag.js';
import { tokenCountFlag } from '../../cli/token-count-flag.js';
import type { TimeEstimate } from '../../lifecycle/estimate/time.js';

/** `genai estimate time`: how long training or serving takes, and what it costs in money and energy. */
export default class EstimateTime extends EstimateCommand<TimeEstimate> {
  static override summary = 'Estimate hours, GPU-hours, money and energy of training or serving.';

  static override description =
    'Trains on --tokens, or with --serve answers requests: prompts at the speed of arithmetic, answers at the speed ' +
    'of memory, whichever is slower in each case. A measured --tokens-per-second or given --gpu-hours stand in for ' +
    'the count of operations, and show the utilisation they amount to.';

  static override examples = [
    {
      description: 'A 7B model on a trillion tokens, compared on four GPUs, 64 of each:',
      command: '<%= config.bin %> <%= command.id %> 7B --tokens 1T --gpus 64',
    },
    {
      description: 'What LLaMA 65B’s GPU-hours say of its utilisation and energy:',
      command:
        '<%= config.bin %> <%= command.id %> 65.2B --tokens 1.4T --gpu a100 --gpu-hours 1022362 --price 2 --carbon 385',
    },
    {
      description: 'A million requests answered by 4-bit weights on one L4, 16 at once:',
      command:
        '<%= config.bin %> <%= command.id %> llama-3.1-8b --serve --requests 1000000 --batch 16 --weights int4 --gpu l4',
    },
  ];

  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description:
        'A parameter count (7B), a model’s name, a config.json, or the folder of a checkpoint; not needed with ' +
        '--gpu-hours or --tokens-per-second.',
    }),
  };

  static override flags = {
    tokens: tokenCountFlag({ summary: 'Tokens to train on, such as 300B or 1.4T.' }),
    gpus: Flags.integer({ min: 1, summary: 'GPUs that work together [default: 8 to train, 1 to serve].' }),
    ...computeFlags,
    'tokens-per-second': numberFlag({ summary: 'Measured training speed of all GPUs together.' }),
    'gpu-hours': numberFlag({ summary: 'Hours of all GPUs together, as a provider bills them.' }),
    price: numberFlag({ summary: 'US dollars for an hour of one GPU [default: the cheapest offer known].' }),
    pue: numberFlag({ summary: 'Energy of the building over that of its computers [default: 1.1].' }),
    carbon: numberFlag({ summary: 'Grams of CO₂ for a kWh, to have the emissions.', helpValue: '385' }),
    serve: Flags.boolean({ summary: 'Answer requests instead of training.' }),
    'prompt-tokens': Flags.integer({ min: 1, summary: 'Tokens of one prompt [default: 512].' }),
    'output-tokens': Flags.integer({ min: 1, summary: 'Tokens of one answer [default: 256].' }),
    requests: Flags.integer({ min: 1, summary: 'Requests to answer [default: 1,000].' }),
    batch: Flags.integer({ min: 1, summary: 'Requests that are answered at once [default: 1].' }),
    weights: Flags.string({ summary: 'Number format of the weights when serving [default: --dtype].' }),
    'bandwidth-utilisation': numberFlag({
      summary: 'Share of the memory’s bandwidth that answers reach [default: 0.6].',
    }),
  };

  async run(): Promise<TimeEstimate> {
    const { args, flags } = await this.parse(EstimateTime);
    const { estimateTime } = await import('../../lifecycle/estimate/time.js');
    const estimate = await estimateTime(
      {
        ...args,
        ...flags,
        activeParameters: flags['active-parameters'],
        encoderDecoder: flags['encoder-decoder'],
        sequenceLength: flags['sequence-length'],
        tokensPerSecond: flags['tokens-per-second'],
        gpuHours: flags['gpu-hours'],
        promptTokens: flags['prompt-tokens'],
        outputTokens: flags['output-tokens'],
        bandwidthUtilisation: flags['bandwidth-utilisation'],
      },
      await this.machinePorts(),
    );
    const { viewTime } = await import('../../cli/renderers/time-estimate.js');
    await this.present(flags, viewTime(estimate));
    return estimate;
  }
}
