/** Part of the page's script: which samples match, and their order. */
export const FILTERS = String.raw`
/** @import {BrowserData, BrowserSample} from '../browser-contract.js' */

/** @type {BrowserData} */
const data = JSON.parse(byId('data').textContent ?? '');
const filterForm = /** @type {HTMLFormElement} */ (byId('filters'));
const cellFilter = byId('cell-filter');
/** Row and column of the confusion matrix whose samples are wanted. @type {readonly [number, number] | null} */
let chosenCell = null;

/** What is searched of each sample, in lower case; made when it is first asked for. @type {(string | undefined)[]} */
const searchable = [];

/** @param {number} place */
function searchableText(place) {
  const known = searchable[place];
  if (known !== undefined) return known;
  const sample = data.samples[place];
  const text = sample === undefined ? '' : [sample.prompt, ...sample.targets, sample.prediction, sample.completion ?? '', ...(sample.choices ?? []).map(({ text }) => text)].join('\n').toLowerCase();
  searchable[place] = text;
  return text;
}

/**
 * How much a row is better than in the baseline by a score, below zero where it is worse; null where it is not known.
 *
 * @param {BrowserSample} sample
 * @param {number} score
 */
function improvement(sample, score) {
  const now = sample.scores[score] ?? null;
  const before = sample.baseline?.scores[score] ?? null;
  if (now === null || before === null) return null;
  return data.scores[score]?.higher_is_better ? now - before : before - now;
}

/**
 * @param {BrowserSample} sample
 * @param {string} change
 * @param {number} score
 */
function hasChanged(sample, change, score) {
  if (change === '') return true;
  if (sample.baseline === null) return false;
  if (change === 'other-prediction') return sample.baseline.prediction !== sample.prediction;
  const gain = improvement(sample, score);
  if (gain === null) return false;
  return change === 'better' ? gain > 0 : change === 'worse' ? gain < 0 : gain === 0;
}

/** What the form asks for. */
function readFilters() {
  const form = new FormData(filterForm);
  /** @param {string} name */
  const field = (name) => String(form.get(name) ?? '');
  /** @param {string} name */
  const bound = (name) => (field(name) === '' ? null : Number(field(name)));
  return {
    search: field('search').trim().toLowerCase(),
    verdict: field('verdict'),
    slices: data.fields.map((_, place) => field('slice-' + place)),
    score: Number(field('score')),
    from: bound('from'),
    to: bound('to'),
    change: field('change'),
    order: field('order'),
  };
}
/** @typedef {ReturnType<typeof readFilters>} Filters */

/**
 * @param {BrowserSample} sample
 * @param {number} place
 * @param {Filters} filters
 */
function matches(sample, place, filters) {
  if (filters.verdict !== '' && sample.right !== (filters.verdict === 'right')) return false;
  if (chosenCell !== null && (sample.cell?.[0] !== chosenCell[0] || sample.cell[1] !== chosenCell[1])) return false;
  if (filters.slices.some((value, field) => value !== '' && sample.slices[field] !== Number(value))) return false;
  const score = sample.scores[filters.score] ?? null;
  if (filters.from !== null && (score === null || score < filters.from)) return false;
  if (filters.to !== null && (score === null || score > filters.to)) return false;
  if (!hasChanged(sample, filters.change, filters.score)) return false;
  return filters.search === '' || searchableText(place).includes(filters.search);
}

/**
 * What an order sorts by, smallest first; null comes last.
 *
 * @param {Filters} filters
 * @returns {((sample: BrowserSample) => number | null) | null} null for the order of the dataset
 */
function sortKey({ order, score }) {
  switch (order) {
    case 'score-up':
      return (sample) => sample.scores[score] ?? null;
    case 'score-down': {
      return (sample) => {
        const value = sample.scores[score] ?? null;
        return value === null ? null : -value;
      };
    }
    case 'change':
      return (sample) => improvement(sample, score);
    case 'prompt-length':
      return (sample) => -sample.prompt.length;
    case 'answer-length':
      return (sample) => -(sample.completion ?? sample.prediction).length;
    default:
      return null;
  }
}

/**
 * Places of the samples that match, in order.
 *
 * @param {Filters} filters
 */
function findSamples(filters) {
  /** @type {{ place: number, key: number }[]} */
  const found = [];
  const keyOf = sortKey(filters);
  data.samples.forEach((sample, place) => {
    if (matches(sample, place, filters)) found.push({ place, key: keyOf?.(sample) ?? Infinity });
  });
  if (keyOf !== null) found.sort((first, second) => (first.key < second.key ? -1 : first.key > second.key ? 1 : first.place - second.place));
  return found.map(({ place }) => place);
}
`;
