import type { RunMemoryEstimate } from '../../lifecycle/adapt/training-memory.js';
import { bar } from '../bar.js';
import { formatBinaryBytes, formatBytes } from '../format.js';
import type { Column } from '../table.js';

/** Columns of {@link trainingMemoryRows}. */
export const TRAINING_MEMORY_COLUMNS: readonly Column[] = [
  { title: 'memory of this run' },
  { title: 'decimal', align: 'right' },
  { title: 'binary', align: 'right' },
  { title: 'share' },
];

/** The parts of a run's memory, their sum, and what the machine has for it. */
export function trainingMemoryRows({ parts, total_bytes, free_memory_bytes }: RunMemoryEstimate): string[][] {
  const row = (title: string, bytes: number, share = ''): string[] => [
    title,
    formatBytes(bytes),
    formatBinaryBytes(bytes),
    share,
  ];
  return [
    ...parts.map(({ part, bytes }) => row(part, bytes, bar(bytes / total_bytes))),
    row('peak', total_bytes),
    row('free on this machine', free_memory_bytes),
  ];
}

/** The estimate in one line, and what to change where memory will not do. */
export function trainingMemoryLines(estimate: RunMemoryEstimate): string {
  const { total_bytes, free_memory_bytes, fits, savings } = estimate;
  const [needed, free] = [formatBytes(total_bytes), formatBytes(free_memory_bytes)];
  if (fits) return `Memory: about ${needed} at the peak, of ${free} free`;
  return [
    `Warning: this run will take about ${needed} of memory, and ${free} are free`,
    ...savings.map((saving) => `  ${saving.flags}: about ${formatBytes(saving.total_bytes)}`),
  ].join('\n');
}
