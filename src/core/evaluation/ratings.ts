import { RATINGS } from '../metrics/judge.js';
import { parseRating, withoutMark } from '../metrics/judgement/verdict.js';
import type { RequestOptions } from '../providers/run-requests.js';
import type { JudgedAnswer, JudgeFacts } from './evaluation-result.js';
import { applyFilter, type Filter } from './filters.js';
import { askJudge, type Judge } from './judge.js';
import type { AnsweredRow } from './task-measures.js';

/** Rows with what a judge says of their answers. */
export interface RatedRows {
  readonly rows: readonly AnsweredRow[];
  readonly facts: JudgeFacts;
}

/** A rating of the rubric, and nothing else: a whole number from 1 to 5. */
function readReply(reply: string): JudgedAnswer {
  const rating = parseRating(reply);
  const isOfRubric =
    rating !== undefined && Number.isInteger(rating) && rating >= RATINGS.lowest && rating <= RATINGS.highest;
  return isOfRubric ? { rating, reason: withoutMark(reply) } : { rating: null, reason: reply.trim() };
}

/**
 * Has a judge rate every answer by its rubric, for each filter of the task. A reply that does not end with a rating is
 * counted, never guessed at.
 *
 * @throws ToolkitError of the first request that fails
 */
export async function rateAnswers(
  rows: readonly AnsweredRow[],
  filters: readonly Filter[],
  judge: Judge,
  options: RequestOptions,
): Promise<RatedRows> {
  const shown = rows.flatMap((row) =>
    filters.map((filter) => ({
      question: row.prompt,
      references: row.targets,
      response: applyFilter(filter, row.completion ?? row.prediction),
    })),
  );
  const { replies, facts } = await askJudge(judge, shown, options);
  const read = replies.map(readReply);
  return {
    rows: rows.map((row, place) => ({
      ...row,
      ratings: Object.fromEntries(
        filters.map(({ name }, index) => [name, read[place * filters.length + index]!]),
      ),
    })),
    facts: { ...facts, unreadable: read.filter(({ rating }) => rating === null).length },
  };
}
