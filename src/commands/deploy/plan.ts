import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { numberFlag } from '../../cli/number-flag.js';
import { PRIVACY_LEVELS } from '../../core/scope/privacy-levels.js';
import type { DeployPlanResult } from '../../lifecycle/deploy/plan.js';

/** `genai deploy plan`: in which form a model is best put into use. */
export default class DeployPlan extends BaseCommand<DeployPlanResult> {
  static override summary = 'Plan in which form, and where, a model is put into use.';

  static override description =
    'Compares the forms that this toolkit makes: what each takes of memory, how fast it answers, what a million tokens ' +
    'cost, and why it does not do. What it must keep to comes from scope.yaml, or from flags, which go before it. ' +
    "Without --gpu or --memory it is for this machine, whose processor's speed is measured.";

  static override examples = [
    {
      description: 'For this machine:',
      command: '<%= config.bin %> <%= command.id %> templates/starter-model',
    },
    {
      description: 'Eight conversations at once on a rented card:',
      command:
        '<%= config.bin %> <%= command.id %> llama-3.1-8b --gpu L4 --concurrent 8 --prompt-tokens 1024 --output-tokens 256',
    },
    {
      description: "On users' own devices, at reading speed:",
      command:
        '<%= config.bin %> <%= command.id %> qwen2.5-0.5b --memory 4GB --privacy on-device --tokens-per-second 10',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'A model as genai estimate takes it: folder, GGUF file, card, hf:ORG/NAME, or a count.',
    }),
  };

  static override flags = {
    scope: Flags.string({ summary: 'Read the scope from this file.', helpValue: 'scope.yaml' }),
    gpu: Flags.string({ summary: 'The accelerator it runs on.' }),
    gpus: Flags.integer({ min: 0, summary: 'How many of them; 0 for the processor alone.' }),
    memory: Flags.string({ summary: 'Memory of one device, e.g. 24GB.' }),
    'prompt-tokens': Flags.integer({ min: 1, summary: 'Tokens of a prompt [default: 512].' }),
    'output-tokens': Flags.integer({ min: 1, summary: 'Tokens of an answer [default: 128].' }),
    concurrent: Flags.integer({ min: 1, summary: 'Requests at the same moment [default: 1].' }),
    'requests-per-day': numberFlag({ summary: 'Requests in a day.' }),
    'tokens-per-second': numberFlag({ summary: 'Least speed of one answer.' }),
    'first-token-seconds': numberFlag({ summary: 'Longest wait for the beginning of an answer.' }),
    privacy: Flags.option({ options: Object.keys(PRIVACY_LEVELS) as (keyof typeof PRIVACY_LEVELS)[] })({
      summary: 'Where texts may go.',
    }),
    price: numberFlag({ summary: 'US dollars for an hour of one device [default: the cheapest known].' }),
    'usd-per-month': numberFlag({ summary: 'US dollars a month that it may cost.' }),
  };

  async run(): Promise<DeployPlanResult> {
    const { args, flags } = await this.parse(DeployPlan);
    const { planDeploymentOf } = await import('../../lifecycle/deploy/plan.js');
    const { planAdvice, planNeedText, planRows, PLAN_COLUMNS } =
      await import('../../cli/renderers/deploy-plan.js');
    const { scope, gpu, gpus, memory, concurrent, privacy, price } = flags;
    const result = await planDeploymentOf(
      {
        model: args.model,
        ...{ scope, gpu, gpus, memory, concurrent, privacy, price },
        promptTokens: flags['prompt-tokens'],
        outputTokens: flags['output-tokens'],
        requestsPerDay: flags['requests-per-day'],
        tokensPerSecond: flags['tokens-per-second'],
        firstTokenSeconds: flags['first-token-seconds'],
        usdPerMonth: flags['usd-per-month'],
      },
      { ...(await this.machinePorts()), measureProcessor: () => this.measureProcessor() },
    );
    this.printParagraph(planNeedText(result));
    this.print('\n');
    this.printTable(PLAN_COLUMNS, planRows(result));
    this.print('\n');
    for (const text of planAdvice(result)) this.printParagraph(text);
    return result;
  }

  private async measureProcessor() {
    const { createEngine } = await import('../../cli/engine-flags.js');
    const { measureMatrixProducts } = await import('../../core/engine/matrix-product-rate.js');
    const { measureCopyRate } = await import('../../platform/measure-memory.js');
    const now = (): number => performance.now();
    const engine = await createEngine({ engine: 'onnxruntime', device: 'cpu' }, this.ports.environment);
    try {
      const { gflop_per_second } = await measureMatrixProducts(engine, now);
      return { tflops: gflop_per_second / 1000, bandwidth_gb_s: measureCopyRate(now) / 1e9 };
    } finally {
      await engine.dispose();
    }
  }
}
