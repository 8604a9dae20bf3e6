import { ToolkitError } from '../errors/toolkit-error.js';
import { embeddingSimilarity } from '../metrics/embedding-similarity.js';
import type { Provider } from '../providers/provider.js';
import type { RunOptions } from '../providers/run-calls.js';
import { runEmbeddings } from '../providers/run-requests.js';
import { applyFilter, type Filter } from './filters.js';
import type { AnsweredRow } from './task-measures.js';

function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** The vectors of texts, each different one asked for once. Blank ones, which models refuse, have none. */
async function embedAll(
  texts: readonly string[],
  embedder: Provider,
  options: RunOptions,
): Promise<ReadonlyMap<string, Float32Array>> {
  // Texts of similar length are computed together, the longest first.
  const different = [...new Set(texts)].filter((text) => !isBlank(text)).sort((a, b) => b.length - a.length);
  const answers = await runEmbeddings(embedder, different, options);
  const width = answers[0]?.result.length;
  if (answers.some(({ result }) => result.length !== width)) {
    throw new ToolkitError(
      `${embedder.id}: gives vectors of different lengths`,
      'NETWORK',
      'Check that the service has one model under this name, and evaluate again with --force.',
    );
  }
  return new Map(different.map((text, index) => [text, answers[index]!.result]));
}

/**
 * How near answers are to their targets, for each filter of the task: the cosine with the target that is nearest. A blank
 * text is like another blank one (1), and unlike any other (0).
 *
 * @throws ToolkitError of the first request that fails
 */
export async function measureSimilarities(
  rows: readonly AnsweredRow[],
  filters: readonly Filter[],
  embedder: Provider,
  options: RunOptions,
): Promise<AnsweredRow[]> {
  const answersOf = ({ completion, prediction }: AnsweredRow): string[] =>
    filters.map((filter) => applyFilter(filter, completion ?? prediction));
  const vectors = await embedAll(
    rows.flatMap((row) => [...answersOf(row), ...row.targets]),
    embedder,
    options,
  );
  const similarity = (answer: string, target: string): number =>
    isBlank(answer) || isBlank(target)
      ? Number(isBlank(answer) && isBlank(target))
      : embeddingSimilarity.statistic({
          prediction: vectors.get(answer)!,
          reference: vectors.get(target)!,
        });
  return rows.map((row) => {
    const answers = answersOf(row);
    const nearest = (answer: string): number =>
      Math.max(...row.targets.map((target) => similarity(answer, target)));
    return {
      ...row,
      similarities: Object.fromEntries(filters.map(({ name }, index) => [name, nearest(answers[index]!)])),
    };
  });
}
