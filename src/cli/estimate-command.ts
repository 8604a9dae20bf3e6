import { extname } from 'node:path';
import { Flags } from '@oclif/core';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { BaseCommand } from './base-command.js';
import { toCsvText, type CsvRecord } from './csv.js';
import { explain, type ExplainedFigure } from './renderers/derivation.js';
import type { Column } from './table.js';

/** One table with what is said above it. */
export interface EstimateTable {
  /** Paragraphs above it. */
  readonly introduction?: string | readonly string[];
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

/** An estimate in every form a person may ask for. */
export interface EstimateView {
  readonly tables: readonly EstimateTable[];
  /** Paragraphs and further tables below them. */
  readonly remarks: readonly (string | EstimateTable)[];
  /** Every number of the tables with its derivation, for `--explain`. */
  readonly figures: readonly ExplainedFigure[];
  /** The numbers alone, for `--csv`: one unit per column, named in the header. */
  readonly records: readonly CsvRecord[];
  /** A self-contained SVG document, for `--chart`. */
  readonly chart: () => string;
}

/** What every `genai estimate` command extends: the same forms of output for all of them. */
export abstract class EstimateCommand<Result extends object> extends BaseCommand<Result> {
  static override baseFlags = {
    ...BaseCommand.baseFlags,
    explain: Flags.boolean({ summary: 'Show how every number was worked out, and from which source.' }),
    csv: Flags.boolean({ summary: 'Print the numbers as CSV.', exclusive: ['json', 'explain'] }),
    chart: Flags.string({ summary: 'Write a chart to this file, .svg or .html.', helpValue: 'FILE' }),
    force: Flags.boolean({ summary: 'Write over an existing chart.', dependsOn: ['chart'] }),
  };

  /** Prints an estimate in the form that the flags ask for; the caller returns it, for `--json`. */
  protected async present(
    flags: {
      readonly explain: boolean;
      readonly csv: boolean;
      readonly chart: string | undefined;
      readonly force: boolean;
    },
    view: EstimateView,
  ): Promise<void> {
    if (flags.chart !== undefined) await this.writeChart(flags.chart, view.chart(), flags.force);
    if (flags.csv) {
      this.print(toCsvText(view.records));
      return;
    }
    view.tables.forEach((table, index) => {
      if (index > 0) this.print('\n');
      this.printEstimateTable(table);
    });
    for (const remark of view.remarks) {
      this.print('\n');
      if (typeof remark === 'string') this.printParagraph(remark);
      else this.printEstimateTable(remark);
    }
    if (!flags.explain) return;
    for (const figure of view.figures) {
      this.print('\n');
      for (const line of explain(figure)) this.printParagraph(line);
    }
  }

  private printEstimateTable({ introduction = [], columns, rows }: EstimateTable): void {
    for (const paragraph of typeof introduction === 'string' ? [introduction] : introduction) {
      this.printParagraph(paragraph);
      this.print('\n');
    }
    this.printTable(columns, rows);
  }

  private async writeChart(path: string, svg: string, force: boolean): Promise<void> {
    const extension = extname(path).toLowerCase();
    if (extension !== '.svg' && extension !== '.html') {
      throw new ToolkitError(`--chart ${path}: the name ends in neither .svg nor .html`, 'USAGE');
    }
    if (!force && (await this.ports.fileSystem.stat(path)) !== undefined) {
      throw new ToolkitError(
        `--chart ${path}: exists already`,
        'USAGE',
        'Name another file, or add --force to write over it.',
      );
    }
    const page = `<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>genai estimate</title>\n<style>svg { max-width: 100%; height: auto }</style>\n${svg}</html>\n`;
    await this.ports.fileSystem.writeAtomic(path, extension === '.svg' ? svg : page);
    this.note(`Chart written to ${path}.`);
  }
}
