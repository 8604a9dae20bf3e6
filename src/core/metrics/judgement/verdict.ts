import type { JudgementRow, Verdict } from '../metric.js';

/** The marks that a judge is told to end with (Zheng et al. 2023, arXiv 2306.05685, figures 5 and 6). */
const VERDICTS: Readonly<Record<string, Verdict>> = { A: 'first', B: 'second', C: 'tie' };

/** The mark that a reply ends with; what may follow it are signs that end a sentence, and those of bold type. */
const LAST_MARK = /\[\[([^[\]]*)\]\][\s.!*_]*$/;

/**
 * The mark at the end of a reply. One that stands elsewhere may be quoted, from the instructions or from the answer that
 * is judged, and a reply that was cut off has none yet.
 */
function lastMark(reply: string): string | undefined {
  return LAST_MARK.exec(reply)?.[1];
}

/**
 * What a judge that compares two answers says: the `[[A]]`, `[[B]]` or `[[C]]` (tie) that its reply ends with.
 * `undefined` where it ends with none.
 */
export function parseVerdict(reply: string): Verdict | undefined {
  const mark = lastMark(reply);
  return mark !== undefined && Object.hasOwn(VERDICTS, mark) ? VERDICTS[mark] : undefined;
}

/** What a judge that grades one answer says: the `[[7]]` or `[[7.5]]` that its reply ends with. */
export function parseRating(reply: string): number | undefined {
  const mark = lastMark(reply);
  return mark !== undefined && /^\d+(?:\.\d+)?$/.test(mark) ? Number(mark) : undefined;
}

/** A reply without the mark at its end: the reason that the judge gives. */
export function withoutMark(reply: string): string {
  return reply.replace(LAST_MARK, '').trim();
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
