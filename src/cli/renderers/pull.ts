import type { PullResult } from '../../lifecycle/select/pull/pull.js';
import { formatBytes } from '../format.js';

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What was brought, where it lies, and what was left out; paragraphs, not made safe for a terminal. */
export function pullParagraphs(result: PullResult): string[] {
  const { id, commit, folder, files, skipped_pickles: pickles } = result;
  const fetched =
    result.fetched_bytes === 0
      ? 'all were here already'
      : `${formatBytes(result.fetched_bytes)} were missing`;
  const paragraphs = [
    `${id} (commit ${commit.slice(0, 12)}): ${counted(files.length, 'file')}, ${formatBytes(result.total_bytes)}; ${fetched}. The model is in ${folder}`,
  ];
  if (result.offline_reason !== null) {
    paragraphs.unshift(`Taken from the cache: ${result.offline_reason}.`);
  }
  if (pickles.length > 0) {
    paragraphs.push(
      `Left out, since reading a pickle can run code and other weights are there: ${pickles.join(', ')}`,
    );
  }
  return paragraphs;
}
