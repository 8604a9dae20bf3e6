import type { JudgementRow, Verdict } from '../metric.js';

/** The marks that a judge is told to end with (Zheng et al. 2023, arXiv 2306.05685, figures 5 and 6). */
const VERDICTS: Readonly<Record<string, Verdict>> = { A: 'first', B: 'second', C: 'tie' };

/**
 * What a judge that compares two answers says: the last `[[A]]`, `[[B]]` or `[[C]]` (tie) of its reply, for it may
 * quote its instructions before. `undefined` where there is none.
 */
export function parseVerdict(reply: string): Verdict | undefined {
  const mark = [...reply.matchAll(/\[\[([ABC])\]\]/g)].at(-1)?.[1];
  return mark === undefined ? undefined : VERDICTS[mark];
}

/** What a judge that grades one answer says: the last `[[7]]` or `[[7.5]]` of its reply. */
export function parseRating(reply: string): number | undefined {
  const rating = [...reply.matchAll(/\[\[(\d+(?:\.\d+)?)\]\]/g)].at(-1)?.[1];
  return rating === undefined ? undefined : Number(rating);
}

/**
 * Judges favour a position, so each pair is judged in both orders, and an answer wins only where it does in both;
 * contradicting verdicts make a tie (Zheng et al. 2023, section 3.4). `undefined` where a verdict is missing.
 */
export function settleVerdicts({
  testedFirst,
  testedSecond,
}: JudgementRow): 'win' | 'loss' | 'tie' | undefined {
  if (testedFirst === undefined || testedSecond === undefined) return undefined;
  if (testedFirst === 'first' && testedSecond === 'second') return 'win';
  return testedFirst === 'second' && testedSecond === 'first' ? 'loss' : 'tie';
}
