import { formatCount, formatFigure } from '../../number-text.js';
import type { JudgedPair, PairVerdict, PairwiseJudgement } from '../judge-pairs.js';
import { intervalText, percentText } from './headline.js';
import { markup, type Markup } from './markup.js';
import { wideTable, type Section } from './section.js';
import { shorten } from './text-limit.js';

/** Pairs that the table has at most. */
const MOST_PAIRS = 200;

/** Characters of a reason that the table shows. */
const REASON_CHARACTERS = 600;

const OUTCOMES = {
  win: 'this one is better',
  loss: 'the baseline is better',
  tie: 'tie',
} as const;

const NAMES = { a: 'the baseline', b: 'this one', neither: 'neither' } as const;

function verdictCell(verdict: PairVerdict | null): Markup {
  if (verdict === null) return markup`<td>equal answers</td>`;
  const { better, reason } = verdict;
  return markup`<td><strong>${better === null ? 'no verdict' : NAMES[better]}</strong><small dir="auto">${shorten(reason, REASON_CHARACTERS)}</small></td>`;
}

function pairRow({ index, outcome, a_first, b_first }: JudgedPair): Markup {
  const word = outcome === null ? 'not read' : OUTCOMES[outcome];
  return markup`<tr><th scope="row">${formatCount(index)}</th><td>${word}</td>${verdictCell(a_first)}${verdictCell(b_first)}</tr>
`;
}

/** What a judge thinks of this evaluation beside the baseline: counts, its bias, and its reasons. */
export function judgement(judged: PairwiseJudgement): Section {
  const { judge, rows, wins, losses, ties, equal_answers, unreadable_rows, win_rate } = judged;
  const { first, second, sign_test } = judged.position_bias;
  const facts: (readonly [string, string])[] = [
    ['Judge', judge.model],
    ['Rows of both', formatCount(rows)],
    ['This one is better', formatCount(wins)],
    ['The baseline is better', formatCount(losses)],
    ['Ties', formatCount(ties)],
    ['Ties with equal answers, which were not judged', formatCount(equal_answers)],
    ['Rows without a verdict, left out', formatCount(unreadable_rows)],
    ['Win rate', win_rate === null ? 'not defined' : formatFigure(win_rate.value)],
    [
      `${percentText(judged.confidence)} confidence interval`,
      win_rate === null ? 'no interval' : intervalText(win_rate),
    ],
    ['p of wins and losses (sign test)', formatFigure(judged.sign_test.pValue)],
    ['Rows on which the first place was preferred in both orders', formatCount(first)],
    ['Rows on which the second place was', formatCount(second)],
    ['p of the two places (sign test)', formatFigure(sign_test.pValue)],
  ];
  const shown = judged.pairs.slice(0, MOST_PAIRS);
  return {
    id: 'judgement',
    title: 'By a judge',
    content: markup`<dl class="facts">
${facts.map(
  ([name, value]) => markup`<div><dt>${name}</dt><dd dir="auto">${value}</dd></div>
`,
)}</dl>
${wideTable(
  'Verdicts',
  markup`<thead><tr><th scope="col">Row</th><th scope="col">Outcome</th><th scope="col">The baseline first</th><th scope="col">This one first</th></tr></thead><tbody>
${shown.map(pairRow)}</tbody>`,
)}
${shown.length < judged.pairs.length ? markup`<p class="note">The first ${formatCount(shown.length)} of ${formatCount(judged.pairs.length)} rows.</p>` : null}
<p class="note">Each pair is judged in both orders. A win is one in both; verdicts that contradict each other make a tie.</p>`,
  };
}
