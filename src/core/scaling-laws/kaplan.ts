import { petaflopDays } from '../compute/petaflop-days.js';
import { figure, type Figure } from '../estimates/figure.js';
import { tokensPerParameter, type ScalingLaw } from './scaling-law.js';

const SOURCE = 'Kaplan et al. 2020, arXiv 2001.08361';
const WITHOUT_EMBEDDINGS = 'embeddings, which this law does not count among the parameters';

/** Loss of a model with enough data: (N / 8.8e13)^-0.076, N without embeddings; equation 1.1. */
export function kaplanLossOfSize(nonEmbeddingParameters: number): Figure {
  return figure(
    '(non_embedding_parameters / scale) ^ (-exponent)',
    { non_embedding_parameters: nonEmbeddingParameters, scale: 8.8e13, exponent: 0.076 },
    { source: `${SOURCE}, equation 1.1`, leavesOut: WITHOUT_EMBEDDINGS },
  );
}

/** Loss of a large enough model stopped in time: (D / 5.4e13)^-0.095; equation 1.2. */
export function kaplanLossOfTokens(tokens: number): Figure {
  return figure(
    '(tokens / scale) ^ (-exponent)',
    { tokens, scale: 5.4e13, exponent: 0.095 },
    { source: `${SOURCE}, equation 1.2` },
  );
}

/** Loss of a budget spent as well as can be: (C / 2.3e8)^-0.050 with C in petaFLOP/s-days; equation 1.3. */
export function kaplanLossOfCompute(petaflop_days: number): Figure {
  return figure(
    '(petaflop_days / scale) ^ (-exponent)',
    { petaflop_days, scale: 2.3e8, exponent: 0.05 },
    { source: `${SOURCE}, equation 1.3`, leavesOut: 'what batches above the critical size waste' },
  );
}

/** Optimal size and data of a budget of C petaFLOP/s-days: 1.3e9 C^0.73 and 2e10 C^0.27; table 6. */
const SIZE = { size_coefficient: 1.3e9, size_exponent: 0.73 };
const DATA = { data_coefficient: 2e10, data_exponent: 0.27 };
const TABLE = { source: `${SOURCE}, table 6`, leavesOut: WITHOUT_EMBEDDINGS };

/**
 * The law before Chinchilla's: it spends most of a larger budget on size. Its learning-rate schedules did not end with
 * the data, so that short runs looked worse than they are (Hoffmann et al. 2022, section 2).
 */
export const KAPLAN: ScalingLaw = {
  id: 'kaplan',
  title: 'Kaplan 2020',
  source: SOURCE,
  fittedOn:
    'Transformers of 768 to 1.5B parameters, embeddings not counted, on 22M to 23B tokens of WebText2 (English)',
  fittedParameters: [768, 1.5e9],
  fittedTokens: [22e6, 23e9],
  optimum(flops) {
    const petaflop_days = petaflopDays(flops).value;
    const parameters = figure(
      'size_coefficient * petaflop_days ^ size_exponent',
      { ...SIZE, petaflop_days },
      TABLE,
    );
    const tokens = figure(
      'data_coefficient * petaflop_days ^ data_exponent',
      { ...DATA, petaflop_days },
      TABLE,
    );
    return {
      parameters,
      tokens,
      tokens_per_parameter: tokensPerParameter(parameters.value, tokens.value),
      loss: kaplanLossOfCompute(petaflop_days),
    };
  },
  tokensFor: (parameters) =>
    figure(
      'data_coefficient * (parameters / size_coefficient) ^ (data_exponent / size_exponent)',
      { ...SIZE, ...DATA, parameters },
      TABLE,
    ),
  flopsFor: (parameters) =>
    figure(
      '1e15 * 86400 * (parameters / size_coefficient) ^ (1 / size_exponent)',
      { ...SIZE, parameters },
      TABLE,
    ),
  parametersFor: (tokens) =>
    figure(
      'size_coefficient * (tokens / data_coefficient) ^ (size_exponent / data_exponent)',
      { ...SIZE, ...DATA, tokens },
      TABLE,
    ),
  flopsForLoss: (loss) =>
    figure(
      '1e15 * 86400 * scale * loss ^ (-1 / exponent)',
      { scale: 2.3e8, loss, exponent: 0.05 },
      { source: `${SOURCE}, equation 1.3` },
    ),
};
