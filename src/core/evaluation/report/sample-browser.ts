import { formatCount } from '../../number-text.js';
import type { BrowserData } from './browser-contract.js';
import { embeddedJson } from './embedded-json.js';
import { Markup, markup } from './markup.js';
import type { Section } from './section.js';
import type { Verdict } from './verdict.js';

/** Values of a field that a list to choose from still shows. */
const MOST_VALUES = 500;

function choice(
  name: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
): Markup {
  return markup`<label>${label}<select name="${name}">${options.map(([value, text]) => markup`<option value="${value}">${text}</option>`)}</select></label>
`;
}

function filters(data: BrowserData, verdict: Verdict | null): Markup {
  const hasBaseline = data.samples.some(({ baseline }) => baseline !== null);
  return markup`<form class="filters" id="filters" role="search" aria-label="Samples">
<label class="search">Search<input type="search" name="search" autocomplete="off" spellcheck="false" placeholder="in prompts, targets and answers"></label>
${
  verdict === null
    ? null
    : choice('verdict', 'Result', [
        ['', 'right and wrong'],
        ['right', 'right'],
        ['wrong', 'wrong'],
      ])
}${data.fields.map(({ name, values }, field) =>
    choice(`slice-${field}`, name, [
      ['', 'all'],
      ...values
        .slice(0, MOST_VALUES)
        .map((value, place) => [String(place), value === '' ? '(empty)' : value] as const),
    ]),
  )}${
    data.scores.length === 0
      ? null
      : markup`${choice(
          'score',
          'Score',
          data.scores.map(({ name }, score) => [String(score), name]),
        )}<label class="bound">from<input type="number" step="any" name="from" inputmode="decimal"></label>
<label class="bound">to<input type="number" step="any" name="to" inputmode="decimal"></label>
`
  }${
    hasBaseline && data.scores.length > 0
      ? choice('change', 'Against the baseline', [
          ['', 'all'],
          ['better', 'better by the score'],
          ['worse', 'worse by the score'],
          ['same', 'the same score'],
          ['other-prediction', 'other prediction'],
        ])
      : null
  }${choice('order', 'Order', [
    ['row', 'of the dataset'],
    ...(data.scores.length === 0
      ? []
      : ([
          ['score-up', 'lowest score first'],
          ['score-down', 'highest score first'],
        ] as const)),
    ...(hasBaseline && data.scores.length > 0 ? ([['change', 'most worsened first']] as const) : []),
    ['prompt-length', 'longest prompt first'],
    ['answer-length', 'longest answer first'],
  ])}<button type="button" id="cell-filter" hidden></button>
<button type="reset">Reset</button>
</form>`;
}

/** The browser of samples: what its script fills, and the data that it reads. */
export function sampleBrowser(data: BrowserData, verdict: Verdict | null): Section {
  return {
    id: 'samples',
    title: 'Samples',
    content: markup`<noscript><p class="warning">The browser of samples needs JavaScript, which is switched off.</p></noscript>
${data.cut_after === null ? null : markup`<p class="warning">Together the texts are too long for a page: here they are cut after ${formatCount(data.cut_after)} characters each.</p>`}
${verdict === null ? null : markup`<p class="note">A row is right where ${verdict.meaning}.</p>`}
${filters(data, verdict)}
<div class="browser" id="browser">
<div class="list">
<p id="status" role="status"></p>
<ul id="list" aria-label="Matching samples"></ul>
<div class="pages"><button type="button" id="previous-page">Previous</button><span id="page-number"></span><button type="button" id="next-page">Next</button></div>
</div>
<article class="detail" id="detail" aria-label="The chosen sample"><p class="note">Choose a sample to read it here. ↑ and ↓ move through the list, ← and → from sample to sample.</p></article>
</div>
<script type="application/json" id="data">${new Markup(embeddedJson(data))}</script>`,
  };
}
