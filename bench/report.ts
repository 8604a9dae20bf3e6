import { formatBytes, formatDecimal } from '../src/cli/format.js';
import type { TextOutput } from '../src/cli/ports.js';
import { renderTable, type Column } from '../src/cli/table.js';
import type { CaseResult, Rate, Side, Timed } from './summarize.js';

const TIMED: Readonly<Record<Timed, string>> = {
  step: 'training step',
  prefill: 'prompt to first token',
  decode: 'further tokens',
};

const COLUMNS: readonly Column[] = [
  { title: 'What' },
  { title: 'median ms', align: 'right' },
  { title: 'tokens/s', align: 'right' },
  { title: 'GFLOP/s', align: 'right' },
  { title: 'of matrix rate', align: 'right' },
  { title: 'fastest ms', align: 'right' },
  { title: 'processor ms', align: 'right' },
  { title: 'peak memory', align: 'right' },
];

function optional(value: number | null, format: (value: number) => string): string {
  return value === null ? '' : format(value);
}

function formatRatio(ratio: number): string {
  return `${formatDecimal(ratio, 2)} ×`;
}

function sideRow(who: string, timed: Timed, rate: Rate, { memory }: Side): string[] {
  return [
    `${TIMED[timed]}, ${who}`,
    formatDecimal(rate.milliseconds, 1),
    formatDecimal(rate.tokensPerSecond, rate.tokensPerSecond < 100 ? 1 : 0),
    optional(rate.gigaflops, (value) => formatDecimal(value, 1)),
    optional(rate.shareOfMatrixRate, (value) => `${formatDecimal(value * 100, 0)} %`),
    formatDecimal(rate.fastest, 1),
    formatDecimal(rate.processorMilliseconds, 1),
    optional(memory.peak, formatBytes),
  ];
}

/** One case as a table for people. */
export function renderCase(result: CaseResult, output: TextOutput): string {
  const { matrixRate, toolkit, pytorch, speedRatio, memoryRatio } = result;
  const own = matrixRate.own === null ? '' : `; the step's own shapes ${formatDecimal(matrixRate.own, 1)}`;
  const rows: string[][] = [];
  for (const [timed, rate] of Object.entries(toolkit.rates) as [Timed, Rate][]) {
    rows.push(sideRow('genai', timed, rate, toolkit));
    if (pytorch === null || typeof pytorch === 'string') continue;
    rows.push(sideRow('PyTorch', timed, pytorch.rates[timed]!, pytorch));
    rows.push([
      '  genai ÷ PyTorch',
      '',
      formatRatio(speedRatio[timed]!.median),
      '',
      '',
      formatRatio(speedRatio[timed]!.fastest),
      formatRatio(speedRatio[timed]!.processor),
      optional(memoryRatio, formatRatio),
    ]);
  }
  const square = matrixRate.products[0]!.rows;
  return [
    `${result.title}  [${result.name}]\n`,
    `Matrix products alone: ${square}³ ${formatDecimal(matrixRate.square, 1)} GFLOP/s${own}\n`,
    renderTable(COLUMNS, rows, output),
    typeof pytorch === 'string' ? `${pytorch}\n` : '',
    '\n',
  ].join('');
}
