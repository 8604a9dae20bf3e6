import { formatFigure } from '../../number-text.js';
import type { EvaluationSample } from '../evaluation-result.js';
import { distribution, type Distribution } from './distribution.js';
import { markup, type Markup } from './markup.js';
import type { ScoreKey } from './score-keys.js';
import type { Section } from './section.js';

const WIDTH = 300;
const HEIGHT = 80;

function histogram(name: string, { bins, least, median, mean, most }: Distribution): Markup {
  const fullest = Math.max(...bins);
  const width = WIDTH / bins.length;
  return markup`<figure><figcaption dir="auto">${name}</figcaption><svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">${bins.map(
    (count, index) =>
      markup`<rect class="fill" x="${(index * width + 0.5).toFixed(1)}" y="${(HEIGHT - (count / fullest) * HEIGHT).toFixed(1)}" width="${(width - 1).toFixed(1)}" height="${((count / fullest) * HEIGHT).toFixed(1)}"/>`,
  )}<path class="axis" d="M0 ${HEIGHT}H${WIDTH}"/></svg><span class="ends" aria-hidden="true"><span>${formatFigure(least)}</span><span>${formatFigure(most)}</span></span><small>least ${formatFigure(least)}, median ${formatFigure(median)}, mean ${formatFigure(mean)}, most ${formatFigure(most)}</small></figure>
`;
}

/** How the scores that grade, and the lengths in tokens, spread over the rows. */
export function distributions(samples: readonly EvaluationSample[], keys: readonly ScoreKey[]): Section[] {
  const figures = [
    ...keys
      .filter(({ binary }) => !binary)
      .map(({ key, name }) => ({ name, values: samples.map(({ scores }) => scores[key] ?? NaN) })),
    { name: 'Tokens of the prompt', values: samples.map((sample) => sample.prompt_tokens ?? NaN) },
    { name: 'Tokens of the completion', values: samples.map((sample) => sample.completion_tokens ?? NaN) },
  ].flatMap(({ name, values }) => {
    const spread = distribution(values);
    return spread === null ? [] : [histogram(name, spread)];
  });
  if (figures.length === 0) return [];
  return [
    {
      id: 'distributions',
      title: 'Distributions',
      content: markup`<div class="figures">
${figures}</div>`,
    },
  ];
}
