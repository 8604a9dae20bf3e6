import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { evaluatePorts, PAIRWISE_FLAGS } from '../../cli/evaluation-flags.js';
import type { CompareResult } from '../../lifecycle/evaluate/compare.js';

/** `genai evaluate compare`: whether one evaluation is better than another, and how sure that is. */
export default class EvaluateCompare extends BaseCommand<CompareResult> {
  static override summary = 'Tell whether one evaluation is better than another.';

  static override description =
    'Pairs the rows of two evaluations of one task by their content, and compares every metric that both have: paired ' +
    'bootstrap with the interval of the difference, McNemar’s test where rows are right or wrong, and the size of the ' +
    'effect; then the rows on which B loses most. With --judge a model says of every pair of answers which is better: it ' +
    'is asked in both orders, B wins a row only where both verdicts name it, and how far the judge prefers a place is told.';

  static override examples = [
    {
      description: 'Two results, by their folders:',
      command: '<%= config.bin %> <%= command.id %> runs/evaluations/before runs/evaluations/after',
    },
    {
      description: 'With a page that shows all rows side by side:',
      command:
        '<%= config.bin %> <%= command.id %> runs/evaluations/before runs/evaluations/after --report compare.html',
    },
    {
      description: 'With a judge, here a model on a server of your own:',
      command:
        '<%= config.bin %> <%= command.id %> runs/evaluations/before runs/evaluations/after --judge openai:MODEL@http://localhost:8000/v1',
    },
  ];

  static override args = {
    a: Args.string({ required: true, ignoreStdin: true, description: 'Folder of the first evaluation.' }),
    b: Args.string({ required: true, ignoreStdin: true, description: 'Folder of the second evaluation.' }),
  };

  static override flags = {
    worst: Flags.integer({ min: 0, default: 5, summary: 'Rows to show on which B loses most.' }),
    seed: Flags.integer({ min: 0, default: 0, summary: 'Seed of the bootstrap.' }),
    report: Flags.string({ summary: 'HTML file to write, B beside A.' }),
    force: Flags.boolean({ summary: 'Compare also evaluations of different tasks or settings.' }),
    ...PAIRWISE_FLAGS,
  };

  async run(): Promise<CompareResult> {
    const { args, flags } = await this.parse(EvaluateCompare);
    const { compareResults } = await import('../../lifecycle/evaluate/compare.js');
    const { EvaluationPrinter } = await import('../../cli/evaluation-printer.js');
    const { worst, seed, report, force, judge, concurrency, retries, timeout } = flags;
    const progress = this.progress();
    const ports = await evaluatePorts(this.ports, flags, (event) => progress.update(event), this.signal);
    const comparison = await compareResults(
      {
        ...{ ...args, worstRows: worst, seed, report, force, judge, concurrency, retries },
        ...{ judgeRubric: flags['judge-rubric'], judgeKeyVariable: flags['judge-key-variable'] },
        timeoutSeconds: timeout,
      },
      ports,
    );
    new EvaluationPrinter(
      { paragraph: (text) => this.printParagraph(text), table: (...table) => this.printTable(...table) },
      worst,
    ).comparison(comparison);
    if (report !== undefined) this.printParagraph(`Report: ${report}`);
    return comparison;
  }
}
