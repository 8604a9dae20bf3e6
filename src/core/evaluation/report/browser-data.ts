import type { EvaluationSample } from '../evaluation-result.js';
import type { BrowserBaseline, BrowserData, BrowserSample } from './browser-contract.js';
import { choiceProbabilities } from './calibration.js';
import type { Confusion } from './confusion.js';
import type { ScoreKey } from './score-keys.js';
import { lengthLimit, shorten } from './text-limit.js';
import type { Verdict } from './verdict.js';

const finiteOrNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** Characters that all of some texts begin with. */
function commonStart(texts: readonly string[]): number {
  const [first = '', ...others] = texts;
  let length = others.length === 0 ? 0 : first.length;
  for (const text of others) {
    let shared = 0;
    while (shared < length && text[shared] === first[shared]) shared++;
    length = shared;
  }
  return length;
}

/** Characters that all of some texts end with, after what they begin with. */
function commonEnd(texts: readonly string[], start: number): number {
  const [first = '', ...others] = texts;
  let length = others.length === 0 ? 0 : first.length - start;
  for (const text of others) {
    const most = Math.min(length, text.length - start);
    let shared = 0;
    while (shared < most && text[text.length - 1 - shared] === first[first.length - 1 - shared]) shared++;
    length = shared;
  }
  return length;
}

function distinctSlices(samples: readonly EvaluationSample[]): BrowserData['fields'] {
  const fields = new Map<string, Set<string>>();
  for (const { slices } of samples) {
    for (const [field, value] of Object.entries(slices)) {
      const values = fields.get(field);
      if (values === undefined) fields.set(field, new Set([value]));
      else values.add(value);
    }
  }
  return [...fields].map(([name, values]) => ({
    name,
    values: [...values].sort((first, second) => first.localeCompare(second, 'en', { numeric: true })),
  }));
}

/** What a judge said of an answer, and the tries after the first. */
function notesOf({ ratings = {}, completions = [], passed }: EvaluationSample): BrowserSample['notes'] {
  const filters = Object.entries(ratings);
  return [
    ...filters.map(([filter, { rating, reason }]) => ({
      title: `The judge: ${rating ?? 'no rating'}${filters.length > 1 ? ` (${filter})` : ''}`,
      text: reason,
    })),
    ...completions.slice(1).map((text, place) => {
      const outcome = passed?.[place + 1] ?? null;
      return {
        title: `Try ${place + 2}${outcome === null ? '' : outcome ? ', passed' : ', failed'}`,
        text,
      };
    }),
  ];
}

/** The samples as the page's script reads them, the texts cut where they are too many for a page. */
export function browserData({
  samples,
  before,
  keys,
  verdict,
  matrix,
}: {
  readonly samples: readonly EvaluationSample[];
  /** The same rows in the baseline. */
  readonly before: readonly (EvaluationSample | null)[] | null;
  readonly keys: readonly ScoreKey[];
  readonly verdict: Verdict | null;
  readonly matrix: Confusion | null;
}): BrowserData {
  const limit = lengthLimit(
    before === null ? samples : [...samples, ...before.filter((row) => row !== null)],
  );
  const cut = (text: string): string => shorten(text, limit);
  const cutOrNull = (text: string | null): string | null => (text === null ? null : cut(text));
  const scoresOf = ({ scores }: EvaluationSample): (number | null)[] =>
    keys.map(({ key }) => finiteOrNull(scores[key]));
  const fields = distinctSlices(samples);
  const places = fields.map(({ values }) => new Map(values.map((value, place) => [value, place])));
  const prompts = samples.map(({ prompt }) => cut(prompt));
  const start = commonStart(prompts);

  const baselineOf = (sample: EvaluationSample | null | undefined): BrowserBaseline | null =>
    sample == null
      ? null
      : {
          prediction: cut(sample.prediction),
          completion: cutOrNull(sample.completion),
          scores: scoresOf(sample),
          right: verdict?.isRight(sample) ?? null,
        };

  return {
    scores: keys.map(({ name, higherIsBetter }) => ({ name, higher_is_better: higherIsBetter })),
    fields,
    confusion: matrix === null ? null : { wanted: matrix.wanted, predicted: matrix.predicted },
    common_start: start,
    common_end: commonEnd(prompts, start),
    cut_after: limit,
    samples: samples.map((sample, row) => {
      const probabilities = sample.choices === null ? [] : choiceProbabilities(sample.choices);
      return {
        index: sample.index,
        hash: sample.row_hash,
        prompt: prompts[row]!,
        targets: sample.targets.map(cut),
        prediction: cut(sample.prediction),
        completion: cutOrNull(sample.completion),
        choices:
          sample.choices?.map(({ text, log_likelihood }, place) => ({
            text: cut(text),
            log_likelihood: finiteOrNull(log_likelihood),
            probability: finiteOrNull(probabilities[place]),
          })) ?? null,
        notes: notesOf(sample).map(({ title, text }) => ({ title, text: cut(text) })),
        scores: scoresOf(sample),
        slices: fields.map(({ name }, field) => {
          const value = Object.hasOwn(sample.slices, name) ? sample.slices[name] : undefined;
          return value === undefined ? null : (places[field]!.get(value) ?? null);
        }),
        prompt_tokens: sample.prompt_tokens,
        completion_tokens: sample.completion_tokens,
        right: verdict?.isRight(sample) ?? null,
        cell: matrix?.cells[row] ?? null,
        baseline: baselineOf(before?.[row]),
      };
    }),
  };
}
