import { formatCount } from '../../number-text.js';
import type { Confusion } from './confusion.js';
import { percentText } from './headline.js';
import { markup, type Markup } from './markup.js';
import { wideTable, type Section } from './section.js';

/** Steps of shading in the style. */
const SHADES = 9;

const nameOf = (label: string): string => (label === '' ? '(empty)' : label);

function cell(
  count: number,
  share: number,
  row: number,
  column: number,
  names: readonly [string, string],
  isRight: boolean,
): Markup {
  const shade = Math.ceil(share * SHADES);
  const kind = isRight ? ' diagonal' : '';
  if (count === 0) return markup`<td class="cell${kind}"><span class="nothing">0</span></td>`;
  const [wanted, predicted] = names.map(nameOf);
  return markup`<td class="cell shade-${shade}${kind}"><button type="button" data-wanted="${row}" data-predicted="${column}" aria-label="${formatCount(count)} rows: wanted ${wanted!}, predicted ${predicted!}; show them">${formatCount(count)}</button></td>`;
}

/** The confusion matrix; a count leads to its rows in the browser of samples. */
export function confusionTable({ by, wanted, predicted, counts }: Confusion): Section {
  const rows = wanted.map((label, row) => {
    const total = counts[row]!.reduce((sum, count) => sum + count, 0);
    const right = counts[row]![row] ?? 0;
    return markup`<tr><th scope="row" dir="auto">${nameOf(label)}</th>${counts[row]!.map((count, column) =>
      cell(count, total === 0 ? 0 : count / total, row, column, [label, predicted[column]!], row === column),
    )}<td class="number">${formatCount(total)}</td><td class="number">${total === 0 ? '–' : percentText(Number((right / total).toFixed(3)))}</td></tr>
`;
  });
  return {
    id: 'confusion',
    title: 'Confusion matrix',
    content: markup`${wideTable(
      'Rows: what was wanted; columns: what was predicted',
      markup`<thead><tr><td></td>${predicted.map((label) => markup`<th scope="col" class="class-name" dir="auto">${nameOf(label)}</th>`)}<th scope="col" class="number">Rows</th><th scope="col" class="number">Recall</th></tr></thead><tbody>
${rows}</tbody>`,
    )}
<p class="note">${
      by === 'place'
        ? 'The choices differ from row to row, so they are counted by their place: columns much fuller than their rows show a preference for a place. '
        : ''
    }The stronger the shade, the larger the share of the row. A count shows its rows in the browser of samples.</p>`,
  };
}
