/** Part of the page's script: the list of samples that match, by pages. */
export const LIST = String.raw`
const PAGE = 25;
/** Characters of a prompt that the list shows. */
const EXCERPT = 140;
const list = byId('list');
const previousPage = /** @type {HTMLButtonElement} */ (byId('previous-page'));
const nextPage = /** @type {HTMLButtonElement} */ (byId('next-page'));
let filters = readFilters();
let found = findSamples(filters);
let pageNumber = 0;
/** Place of the sample that is shown, or null. @type {number | null} */
let shown = null;

/**
 * The one text whose likelihood was measured, of a row that asks for nothing.
 *
 * @param {BrowserSample} sample
 */
function measuredText({ choices, prediction }) {
  return choices?.length === 1 && prediction === '' ? choices[0] : undefined;
}

/**
 * The end of what a prompt does not share with all others: after instructions and examples stands the question.
 *
 * @param {BrowserSample} sample
 */
function excerptOf(sample) {
  const { prompt } = sample;
  const own = prompt === '' ? (measuredText(sample)?.text ?? '') : prompt.slice(data.common_start, prompt.length - data.common_end);
  const flat = own.slice(-4 * EXCERPT).replace(/\s+/gu, ' ').trim();
  const end = Array.from(flat).slice(-EXCERPT).join('');
  const isCut = end.length < flat.length || own.length > 4 * EXCERPT;
  return visibleText(isCut ? '…' + end.replace(/^\S{0,20}\s/u, '') : end);
}

/**
 * @param {string} text
 * @param {number} [most] characters
 */
function shortText(text, most = 2 * EXCERPT) {
  const flat = text.slice(0, most).replace(/\s+/gu, ' ').trim();
  return flat === '' ? '(empty)' : visibleText(text.length > most ? flat + '…' : flat);
}

/** @param {BrowserSample} sample */
function answerOf(sample) {
  const measured = measuredText(sample);
  return measured === undefined ? shortText(sample.prediction) : 'log-likelihood ' + figure(measured.log_likelihood);
}

/** @param {boolean | null} right */
function verdictMark(right) {
  const mark = right === null ? '' : right ? '✓' : '✗';
  return make('span', { class: right === null ? 'mark' : right ? 'mark right' : 'mark wrong', 'aria-hidden': 'true' }, mark);
}

/** @param {boolean | null} right */
function verdictWord(right) {
  return right === null ? '' : right ? ', right' : ', wrong';
}

/** @param {number} place */
function listItem(place) {
  const sample = data.samples[place];
  if (sample === undefined) throw new Error('There is no sample ' + place + '.');
  const score = sample.scores[filters.score];
  const link = make(
    'a',
    { href: '#sample-' + place, 'aria-label': 'Row ' + sample.index + verdictWord(sample.right) + ': ' + answerOf(sample) },
    verdictMark(sample.right),
    make('span', { class: 'answer', dir: 'auto' }, answerOf(sample)),
    make('small', {}, '#' + sample.index + (score == null || data.scores.length === 0 ? '' : ' · ' + figure(score))),
    make('span', { class: 'excerpt', dir: 'auto' }, excerptOf(sample)),
  );
  if (place === shown) link.setAttribute('aria-current', 'true');
  return make('li', {}, link);
}

function showList() {
  const first = pageNumber * PAGE;
  const places = found.slice(first, first + PAGE);
  list.replaceChildren(...places.map(listItem));
  const total = counts.format(data.samples.length);
  byId('status').textContent =
    found.length === 0
      ? 'None of ' + total + ' samples match.'
      : counts.format(first + 1) + '–' + counts.format(first + places.length) + ' of ' + counts.format(found.length) + (found.length === data.samples.length ? ' samples' : ' matching samples, of ' + total);
  byId('page-number').textContent = found.length === 0 ? '' : 'Page ' + (pageNumber + 1) + ' of ' + Math.ceil(found.length / PAGE);
  previousPage.disabled = pageNumber === 0;
  nextPage.disabled = first + PAGE >= found.length;
}

function applyFilters() {
  filters = readFilters();
  found = findSamples(filters);
  pageNumber = 0;
  cellFilter.hidden = chosenCell === null;
  if (chosenCell !== null) {
    const wanted = data.confusion?.wanted[chosenCell[0]] ?? '';
    const predicted = data.confusion?.predicted[chosenCell[1]] ?? '';
    cellFilter.textContent = 'Wanted ' + shortText(wanted) + ', predicted ' + shortText(predicted) + ' ✕';
    cellFilter.setAttribute('aria-label', (cellFilter.textContent ?? '').replace('✕', '(remove this filter)'));
  }
  showList();
}

/** @param {number} step */
function turnPage(step) {
  pageNumber += step;
  showList();
  list.querySelector('a')?.focus();
}
`;
