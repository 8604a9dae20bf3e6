import type { FineTunePlan, FineTuneResult } from '../../lifecycle/adapt/fine-tune.js';
import { namedRounding, type QuantizationAwareness } from '../../lifecycle/adapt/quantization-awareness.js';
import type { DatasetReport } from '../../lifecycle/adapt/prepare-dataset.js';
import { formatBytes, formatCount } from '../format.js';
import type { Column } from '../table.js';
import { sanitizeForTerminal } from '../terminal-text.js';

/** Characters of the sample row that are shown. */
const SAMPLE_LENGTH = 600;

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** What the dataset holds, and one row as the model sees it with the learnt part between marks. */
export function datasetLines({
  format,
  audit,
  evaluation_rows,
  evaluation_from,
  rejected_rows,
}: DatasetReport): string {
  const rendered = audit.sample.map(({ text, supervised }) => (supervised ? `«${text}»` : text)).join('');
  const shown = rendered.length > SAMPLE_LENGTH ? `${rendered.slice(0, SAMPLE_LENGTH)} …` : rendered;
  const { min, median, p95, max } = audit.token_length;
  const lines = [
    `Dataset: ${formatCount(audit.rows)} rows (${format}), ${formatCount(audit.tokens)} tokens, ${percent(audit.supervised_share)} of them learnt from`,
    `  length in tokens: shortest ${min}, median ${median}, 95th percentile ${p95}, longest ${max}`,
    `  truncated: ${audit.truncated_rows} rows; nothing left to learn: ${audit.rows_with_nothing_to_learn}; exact duplicates: ${audit.duplicate_rows}`,
    `  evaluation: ${formatCount(evaluation_rows)} rows (${evaluation_from})`,
    ...(rejected_rows.length > 0
      ? [`  set aside: ${rejected_rows.length} bad rows, listed in rejected.jsonl`]
      : []),
    'One row as the model sees it («learnt from»):',
    ...sanitizeForTerminal(shown)
      .split('\n')
      .map((line) => `  │ ${line}`),
  ];
  return lines.join('\n');
}

/** What is about to be trained. */
export function planLines(plan: FineTunePlan): string {
  const share = percent(plan.trainable_parameters / plan.parameters);
  return [
    `Training ${formatCount(plan.trainable_parameters)} of ${formatCount(plan.parameters)} parameters (${plan.method}, ${share}) on ${plan.engine}/${plan.device}`,
    `  ${formatCount(plan.steps)} steps, rows of up to ${plan.sequence_length} tokens, peak learning rate ${plan.learning_rate} after ${plan.warmup_steps} steps`,
    ...(plan.quantization === undefined ? [] : [`  ${roundingLine(plan.quantization)}`]),
    ...(plan.note === undefined ? [] : [`  ${plan.note}`]),
  ].join('\n');
}

function roundingLine(quantization: QuantizationAwareness): string {
  const { layers, kept_layers: kept } = quantization;
  const others = kept.map(({ module, reason }) => `${module} ${reason}`).join('; ');
  return `weights of ${layers} linear layers are rounded to ${namedRounding(quantization)} as they are used${others === '' ? '' : `, others not: ${others}`}`;
}

/** How to quantise what was trained for it. */
export function quantizationLines(quantization: QuantizationAwareness): string {
  return [
    `The losses are those of weights in ${namedRounding(quantization)}. What is saved is not rounded yet; this quantises it the same way:`,
    ...quantization.commands.map((command) => `  ${sanitizeForTerminal(command)}`),
  ].join('\n');
}

function peakMemory({ peak_memory_bytes, estimated_peak_memory_bytes }: FineTuneResult): string {
  const measured = formatBytes(peak_memory_bytes);
  if (estimated_peak_memory_bytes === null) return measured;
  return `${measured} (estimated ${formatBytes(estimated_peak_memory_bytes)})`;
}

/** Columns of {@link resultRows}. */
export const RESULT_COLUMNS: readonly Column[] = [{ title: 'measure' }, { title: 'value' }];

/** How a run ended, as a table. */
export function resultRows(result: FineTuneResult): string[][] {
  return [
    [
      'steps',
      `${result.steps} (${result.epochs.toFixed(2)} epochs)${result.stopped_early ? ', stopped early' : ''}`,
    ],
    ['training loss', result.train_loss.toFixed(4)],
    ...(result.eval_loss === null
      ? []
      : [
          [
            'evaluation loss',
            `${result.eval_loss.toFixed(4)} at step ${result.best_step} (perplexity ${result.perplexity!.toFixed(3)})`,
          ],
        ]),
    ['speed', `${formatCount(Math.round(result.tokens_per_second))} tokens/s`],
    ['peak memory', peakMemory(result)],
    ['result', result.output_dir],
  ];
}
