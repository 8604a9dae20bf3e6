import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { createEngine, ENGINE_FLAGS } from '../../cli/engine-flags.js';
import { wordListFlag } from '../../cli/list-flag.js';
import type { QuantizeResult } from '../../lifecycle/deploy/quantize-result.js';

/** `genai deploy quantize`: a model in fewer bits. */
export default class Quantize extends BaseCommand<QuantizeResult> {
  static override summary = 'Quantise a model after its training, and tell what that costs.';

  static override description =
    'Writes a folder that transformers, vLLM and this toolkit load: float16, bfloat16, or integers in the layout of ' +
    'compressed-tensors. Embeddings and norms stay in floating point. With --calibrate the model is run over texts of ' +
    'yours, and channels that carry large activations are scaled so that they lose less (AWQ, Lin et al. 2023). With ' +
    '--evaluate perplexity is measured before and after.';

  static override examples = [
    {
      description: 'Four bits, calibrated, with perplexity before and after:',
      command:
        '<%= config.bin %> <%= command.id %> templates/starter-model --to int4 --calibrate datasets/sentiment --evaluate datasets/sentiment --out runs/starter-int4',
    },
    {
      description: 'Eight bits, activations too while it runs, some layers left as they are:',
      command:
        '<%= config.bin %> <%= command.id %> templates/starter-model --to int8-dynamic --keep "down_proj,layers.0.*" --out runs/starter-w8a8',
    },
    {
      description: 'Half the size of float32, nothing else:',
      command: '<%= config.bin %> <%= command.id %> MODEL --to bf16 --out runs/model-bf16',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'Folder of the model, or of the run that made it.',
    }),
  };

  static override flags = {
    to: Flags.option({ options: ['fp16', 'bf16', 'int8', 'int8-dynamic', 'int4'] as const, required: true })({
      summary:
        'What weights are held in; int8-dynamic also has activations rounded to 8 bits while the model runs.',
    }),
    out: Flags.string({ required: true, summary: 'Folder of the quantised model.' }),
    force: Flags.boolean({ summary: 'Replace the folder where this toolkit wrote it.' }),
    'block-size': Flags.option({ options: ['32', '64', '128'] as const })({
      summary: 'Weights that share a scale [default: 64 for int4, the whole row for int8].',
    }),
    'zero-points': Flags.boolean({
      exclusive: ['symmetric'],
      summary: 'A zero point for each scale, for weights that lie to one side of zero.',
    }),
    symmetric: Flags.boolean({ summary: 'Integers around zero, which is the default.' }),
    method: Flags.option({ options: ['round', 'search', 'awq'] as const })({
      summary:
        'round: to the nearest; search: the range of each block with the least error; awq: channels scaled by activations too [default: awq with --calibrate, else search].',
    }),
    keep: wordListFlag({
      summary:
        'Layers to leave as they are, with commas between them: names, their last parts, or patterns with *.',
    }),
    calibrate: Flags.string({
      helpGroup: 'CALIBRATION',
      summary: 'Dataset whose texts the model is run over; of a folder its train part.',
    }),
    'calibration-rows': Flags.integer({
      min: 1,
      default: 128,
      helpGroup: 'CALIBRATION',
      summary: 'Texts that are used, at most.',
    }),
    evaluate: Flags.string({
      helpGroup: 'EVALUATION',
      summary: 'Dataset that perplexity is measured on, before and after.',
    }),
    metric: Flags.string({
      multiple: true,
      dependsOn: ['evaluate'],
      helpGroup: 'EVALUATION',
      summary: 'What else is measured on it, e.g. accuracy; several times for several.',
    }),
    split: Flags.string({
      default: 'test',
      helpGroup: 'EVALUATION',
      summary: 'Part of a dataset folder that is measured on.',
    }),
    'evaluation-rows': Flags.integer({
      min: 1,
      helpGroup: 'EVALUATION',
      summary: 'Measure on the first rows only.',
    }),
    worst: Flags.integer({ min: 0, default: 5, summary: 'Layers to show of those that suffer most.' }),
    ...ENGINE_FLAGS,
  };

  async run(): Promise<QuantizeResult> {
    const { args, flags } = await this.parse(Quantize);
    const { quantize, quantizeStep } = await import('../../lifecycle/deploy/quantize.js');
    const { systemClock } = await import('../../platform/clock.js');
    const { readToolkitPackage } = await import('../../platform/toolkit-package.js');
    const progress = this.progress();
    const { fileSystem: files, environment } = this.ports;
    const blockSize = flags['block-size'];
    const result = await quantize(
      {
        ...{ model: args.model, to: flags.to, out: flags.out, force: flags.force, method: flags.method },
        ...(blockSize && { blockSize: Number(blockSize) as 32 | 64 | 128 }),
        ...{ zeroPoints: flags['zero-points'], keep: flags.keep, metrics: flags.metric },
        ...{ calibrate: flags.calibrate, calibrationRows: flags['calibration-rows'] },
        ...{ evaluate: flags.evaluate, evaluationRows: flags['evaluation-rows'], split: flags.split },
      },
      {
        ...{ files, environment, fetch, clock: systemClock, signal: this.signal },
        toolkitVersion: readToolkitPackage().version,
        onProgress: (event) => progress.update(event),
        createEngine: () => createEngine(flags, environment),
      },
    );
    await this.show(result, flags.worst);
    await this.recordStep([flags.out, args.model], (project) =>
      quantizeStep(project, result, this.recordedWords),
    );
    return result;
  }

  private async show(result: QuantizeResult, worst: number): Promise<void> {
    const view = await import('../../cli/renderers/quantize.js');
    this.printParagraph(view.quantizeParagraph(result));
    const kept = view.keptParagraph(result);
    if (kept !== undefined) this.printParagraph(kept);
    if (result.evaluation !== null) {
      const { path, rows, metrics } = result.evaluation;
      this.print('\n');
      this.printParagraph(`On ${rows} rows of ${path}, with intervals of 95 %:`);
      this.printTable(view.CHANGE_COLUMNS, view.changeRows(metrics));
      const remark = view.remark(result);
      if (remark !== undefined) this.printParagraph(remark);
    }
    if (result.layers.length === 0 || worst === 0) return;
    this.print('\n');
    this.printParagraph(view.lossIntroduction(result));
    this.printTable(view.LOSS_COLUMNS, view.lossRows(result, worst));
  }
}
