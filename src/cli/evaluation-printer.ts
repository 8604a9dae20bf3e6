import type { EvaluationSample } from '../core/evaluation/evaluation-result.js';
import type { BeforeAfter, BeforeAfterResult } from '../lifecycle/evaluate/before-after.js';
import type { CompareResult } from '../lifecycle/evaluate/compare.js';
import type { EvaluateResult } from '../lifecycle/evaluate/evaluate.js';
import {
  evaluationTitle,
  helperLines,
  metricColumns,
  metricRows,
  sliceColumns,
  sliceRows,
  usageLine,
  WORST_COLUMNS,
  worstRows,
} from './renderers/evaluation.js';
import {
  comparedColumns,
  comparedRows,
  comparisonColumns,
  comparisonRows,
  judgementLines,
  pairingLine,
} from './renderers/evaluation-comparison.js';
import type { Column } from './table.js';

/** Where a command prints. */
interface Printing {
  paragraph(text: string): void;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
}

/** Prints evaluations and what is between two of them. */
export class EvaluationPrinter {
  /** @param worst rows shown at most of those that did worst */
  constructor(
    private readonly print: Printing,
    private readonly worst: number,
  ) {}

  /** @param samples rows to show the worst of */
  evaluation(result: EvaluateResult, samples: readonly EvaluationSample[]): void {
    const { print } = this;
    print.paragraph(evaluationTitle(result));
    print.paragraph('');
    print.table(metricColumns(result), metricRows(result));
    if (result.slices.length > 0) this.titled('Slices:', sliceColumns(result), sliceRows(result));
    this.titled('Worst rows:', WORST_COLUMNS, worstRows(result, samples, this.worst));
    print.paragraph('');
    if (result.rows_with_fewer_shots > 0) {
      print.paragraph(`${result.rows_with_fewer_shots} rows had no room for all examples in the context.`);
    }
    for (const line of helperLines(result)) print.paragraph(line);
    print.paragraph(usageLine(result));
    print.paragraph(`Results, rows and report: ${result.out}`);
  }

  comparison(comparison: CompareResult): void {
    const { print } = this;
    print.paragraph(pairingLine(comparison));
    print.paragraph('');
    print.table(comparisonColumns(comparison), comparisonRows(comparison));
    print.paragraph('');
    for (const { sentence } of comparison.metrics) print.paragraph(sentence);
    const rows = comparedRows(comparison).slice(0, this.worst);
    const metric = comparison.worst?.metric ?? '';
    this.titled(`Rows that lose most by ${metric}:`, comparedColumns(comparison), rows);
    if (comparison.judgement === undefined) return;
    print.paragraph('');
    for (const line of judgementLines(comparison.judgement, comparison)) print.paragraph(line);
  }

  beforeAfter({ task, general }: BeforeAfterResult): void {
    this.both(task);
    if (general === null) return;
    this.print.paragraph('');
    this.print.paragraph('What else the model could do:');
    this.both(general);
  }

  private both({ base, tuned, comparison }: BeforeAfter): void {
    this.comparison(comparison);
    this.print.paragraph('');
    this.print.paragraph(`Results, rows and report: ${base.out} and ${tuned.out}`);
  }

  private titled(title: string, columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    if (rows.length === 0) return;
    this.print.paragraph('');
    this.print.paragraph(title);
    this.print.table(columns, rows);
  }
}
