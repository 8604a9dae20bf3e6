import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { EVALUATION_FLAGS, evaluatePorts, evaluationOptions } from '../../cli/evaluation-flags.js';
import { isMeantForCommand, unknownCommandError } from '../../cli/unknown-command.js';
import { EXIT_CODES } from '../../core/errors/exit-codes.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { BeforeAfterResult } from '../../lifecycle/evaluate/before-after.js';
import type { EvaluateResult } from '../../lifecycle/evaluate/evaluate.js';

/** `genai evaluate`: how well a model does at a task, or before and after it was tuned. */
export default class Evaluate extends BaseCommand<EvaluateResult | BeforeAfterResult> {
  static override summary = 'Measure a model by a task, or by metrics over a dataset.';

  static override description =
    'MODEL is a folder, or a provider: openai:MODEL@URL, ollama:MODEL, recorded:FILE. Results stand in the layout of ' +
    'lm-evaluation-harness beside the rows and a report; an evaluation that was stopped goes on where it was when it is ' +
    'run again. With --base and --tuned a model is measured before and after, and with --general on other abilities too, ' +
    'so that forgetting is seen. Answers are also rated by a judge (--metric judge), compared by the vectors of a model ' +
    '(--metric embedding-similarity) and tried several times (--metric pass-at-k). Where a metric does not reach --fail-under, the exit status is 100.';

  static override examples = [
    {
      description: 'How often the starter model finds the right label likelier:',
      command:
        '<%= config.bin %> <%= command.id %> templates/starter-model --dataset datasets/sentiment --metric accuracy --metric f1',
    },
    {
      description: 'A ready task, on rows of your own, for CI:',
      command:
        '<%= config.bin %> <%= command.id %> runs/first --task sst2 --dataset rows.jsonl --fail-under accuracy=0.8 --junit report.xml',
    },
    {
      description: 'Answers rated from 1 to 5 by a model on a server of your own:',
      command:
        '<%= config.bin %> <%= command.id %> runs/first --dataset rows.jsonl --metric judge --judge openai:MODEL@http://localhost:8000/v1',
    },
    {
      description: 'How often one of five tries is right:',
      command:
        '<%= config.bin %> <%= command.id %> runs/first --dataset rows.jsonl --metric pass-at-k --samples 5 --k 1,5 --temperature 0.8',
    },
    {
      description: 'Before and after fine-tuning, on the task and on general abilities:',
      command:
        '<%= config.bin %> <%= command.id %> --base MODEL --tuned runs/first --task my-task.yaml --general',
    },
  ];

  static override args = {
    model: Args.string({
      ignoreStdin: true,
      description:
        'Folder of a model, an adapter or a run; a GGUF file; or a provider, e.g. openai:MODEL@URL.',
    }),
    // What follows a mistyped command ends up here.
    rest: Args.string({ ignoreStdin: true, hidden: true, description: 'Nothing follows the model.' }),
  };

  static override flags = {
    adapter: Flags.string({ summary: 'Adapter to use with the model.' }),
    base: Flags.string({ summary: 'Model before it was tuned.', dependsOn: ['tuned'] }),
    tuned: Flags.string({
      summary: 'Model after it was tuned.',
      dependsOn: ['base'],
      exclusive: ['adapter'],
    }),
    general: Flags.boolean({
      summary: 'Measure general abilities before and after too, on the rows that ship with the toolkit.',
      dependsOn: ['base'],
    }),
    'general-task': Flags.string({
      summary: 'Measure this task before and after too, instead.',
      dependsOn: ['base'],
      exclusive: ['general'],
    }),
    'general-dataset': Flags.string({ summary: 'Rows of the --general-task.', dependsOn: ['general-task'] }),
    'fail-under': Flags.string({
      multiple: true,
      summary: 'METRIC=VALUE that must be reached, else the exit status is 100; several times for several.',
    }),
    junit: Flags.string({ summary: 'Write the thresholds as a JUnit test report.' }),
    worst: Flags.integer({ min: 0, default: 3, summary: 'Worst rows to show.' }),
    out: Flags.string({ summary: 'Folder for results [default: one in runs/evaluations].' }),
    report: Flags.string({
      summary: 'Write the HTML report here too; of --base and --tuned, both side by side.',
    }),
    force: Flags.boolean({ summary: 'Measure again where a finished result is.' }),
    ...EVALUATION_FLAGS,
  };

  protected override readonly whenStopped =
    'Run the same command again to go on: rows that were answered are kept.';

  async run(): Promise<EvaluateResult | BeforeAfterResult> {
    const { args, flags } = await this.parse(Evaluate);
    const { parseThreshold } = await import('../../core/evaluation/thresholds.js');
    const { EvaluationPrinter } = await import('../../cli/evaluation-printer.js');
    const thresholds = (flags['fail-under'] ?? []).map(parseThreshold);
    const progress = this.progress();
    const ports = await evaluatePorts(this.ports, flags, (event) => progress.update(event), this.signal);
    const { out, report, force } = flags;
    const options = { ...evaluationOptions(flags), thresholds, out, report, force };
    const printer = new EvaluationPrinter(
      { paragraph: (text) => this.printParagraph(text), table: (...table) => this.printTable(...table) },
      flags.worst,
    );

    let result: EvaluateResult | BeforeAfterResult;
    let measured: EvaluateResult;
    const { base, tuned } = flags;
    if (base !== undefined && tuned !== undefined) {
      if (args.model !== undefined)
        throw new ToolkitError('MODEL stands beside --base and --tuned', 'USAGE', 'Leave it out.');
      const { evaluateBeforeAfter, GENERAL_TASK } = await import('../../lifecycle/evaluate/before-after.js');
      const general = {
        general: flags['general-task'] ?? (flags.general ? GENERAL_TASK : undefined),
        generalDataset: flags['general-dataset'],
      };
      result = await evaluateBeforeAfter({ ...options, ...general, base, tuned }, ports);
      printer.beforeAfter(result);
      measured = result.task.tuned;
    } else {
      const model = await this.modelOf(args.model, args.rest);
      const { evaluate } = await import('../../lifecycle/evaluate/evaluate.js');
      const { evaluation, samples } = await evaluate({ ...options, model, adapter: flags.adapter }, ports);
      printer.evaluation(evaluation, samples);
      result = measured = evaluation;
    }

    const { evaluationStep } = await import('../../lifecycle/evaluate/evaluation-step.js');
    const model = tuned ?? args.model!;
    const request = {
      ...{ words: this.recordedWords, model, adapter: flags.adapter },
      task: flags.task ?? flags.prompt,
    };
    await this.recordStep([model], (project) =>
      evaluationStep(project, request, measured, this.ports.fileSystem),
    );
    await this.judge(measured, flags.junit, result);
    return result;
  }

  /** A word that is no model may be meant for a command of this topic. */
  private async modelOf(word: string | undefined, rest: string | undefined): Promise<string> {
    if (word === undefined) {
      throw new ToolkitError(
        'Missing MODEL (what is to be measured)',
        'USAGE',
        `See \`${this.config.bin} evaluate --help\`.`,
      );
    }
    const isPlainWord = /^[\w-]+$/.test(word) && (await this.ports.fileSystem.stat(word)) === undefined;
    if (isPlainWord && isMeantForCommand(word, 'evaluate', this.config)) {
      throw unknownCommandError(`evaluate:${word}`, this.config);
    }
    if (rest !== undefined) {
      throw new ToolkitError(
        `Too many arguments: ${rest}`,
        'USAGE',
        `See \`${this.config.bin} evaluate --help\`.`,
      );
    }
    return word;
  }

  /** Tells which thresholds are reached; with one that is not, the process's status tells it too. */
  private async judge(
    measured: EvaluateResult,
    junit: string | undefined,
    result: EvaluateResult | BeforeAfterResult,
  ): Promise<void> {
    const { thresholdLine } = await import('../../cli/renderers/evaluation.js');
    for (const threshold of measured.thresholds) this.printParagraph(thresholdLine(threshold));
    if (junit !== undefined) {
      const { junitReport } = await import('../../core/evaluation/junit.js');
      await this.ports.fileSystem.writeAtomic(junit, junitReport(measured, measured.thresholds));
    }
    if (measured.thresholds.every(({ reached }) => reached)) return;
    if (this.jsonEnabled()) this.logJson(result);
    this.exit(EXIT_CODES.BELOW_THRESHOLD.exit);
  }
}
