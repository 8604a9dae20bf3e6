import { allocationLaw } from './allocation-law.js';
import { APPROACH_1, APPROACH_2, APPROACH_3, type OptimalRow } from './chinchilla-tables.js';
import { KAPLAN } from './kaplan.js';
import { parametricLaw } from './parametric-law.js';
import { fitPowerLaw } from './power-law.js';
import type { ScalingLaw } from './scaling-law.js';

const HOFFMANN = 'Hoffmann et al. 2022, arXiv 2203.15556';
/** The runs that all of Chinchilla's approaches rest on. */
const CHINCHILLA_RUNS = {
  fittedOn: 'over 400 models of 70M to 16B parameters on 5B to 500B tokens of MassiveText (mostly English)',
  fittedParameters: [70e6, 16e9],
  fittedTokens: [5e9, 500e9],
} as const;

function tableLaw(
  approach: 1 | 2 | 3,
  method: string,
  table: string,
  rows: readonly OptimalRow[],
): ScalingLaw {
  return allocationLaw(
    {
      id: `chinchilla-${approach}`,
      title: `Chinchilla approach ${approach}: ${method}`,
      source: `${HOFFMANN}, ${table}; a power law through its rows`,
      ...CHINCHILLA_RUNS,
    },
    fitPowerLaw(rows.map(([parameters, tokens]) => [parameters, tokens])),
  );
}

/** Chinchilla's loss fitted again; it agrees with approaches 1 and 2, and with the model that was really trained. */
export const EPOCH = parametricLaw(
  {
    id: 'epoch',
    title: 'Chinchilla, refitted by Epoch AI',
    source: 'Besiroglu et al. 2024, arXiv 2404.10102: Hoffmann’s loss fitted again to 240 of its runs',
    ...CHINCHILLA_RUNS,
  },
  {
    irreducibleLoss: 1.8172,
    sizeCoefficient: 482.01,
    sizeExponent: 0.3478,
    dataCoefficient: 2085.43,
    dataExponent: 0.3658,
  },
);

/**
 * Chinchilla's loss with the constants as printed. Their optimum is not the paper's own: at Chinchilla's 5.76e23 FLOP
 * it is 32B parameters on 3.0T tokens, where approaches 1 and 2 give 67B on 1.5T, and 70B on 1.4T was trained.
 */
export const HOFFMANN_PRINTED = parametricLaw(
  {
    id: 'hoffmann',
    title: 'Chinchilla approach 3, constants as printed',
    source: `${HOFFMANN}, equation 10`,
    ...CHINCHILLA_RUNS,
  },
  {
    irreducibleLoss: 1.69,
    sizeCoefficient: 406.4,
    sizeExponent: 0.34,
    dataCoefficient: 410.7,
    dataExponent: 0.28,
  },
);

/** The same before the constants were rounded, as the TeX source of the paper has them. */
export const HOFFMANN_UNROUNDED = parametricLaw(
  {
    id: 'hoffmann-unrounded',
    title: 'Chinchilla approach 3, constants before rounding',
    source: `${HOFFMANN}, TeX source, as quoted by arXiv 2404.10102`,
    ...CHINCHILLA_RUNS,
  },
  {
    irreducibleLoss: 1.6934,
    sizeCoefficient: 406.4,
    sizeExponent: 0.3392,
    dataCoefficient: 410.7,
    dataExponent: 0.2849,
  },
);

/** Tokens for each parameter that approaches 1 and 2 come to at most sizes. */
export const RULE_TOKENS_PER_PARAMETER = 20;

const RULE = allocationLaw(
  {
    id: 'rule-of-20',
    title: 'Rule of thumb: 20 tokens per parameter',
    source: `${HOFFMANN}, Table 3: about 20 at every size`,
    ...CHINCHILLA_RUNS,
  },
  { coefficient: RULE_TOKENS_PER_PARAMETER, exponent: 1 },
);

/** Every law, the one to use first. */
export const SCALING_LAWS: readonly ScalingLaw[] = [
  EPOCH,
  RULE,
  tableLaw(1, 'envelope of training curves', 'Table 3', APPROACH_1),
  tableLaw(2, 'isoFLOP curves', 'Table A3', APPROACH_2),
  tableLaw(3, 'parametric fit', 'Table A3', APPROACH_3),
  HOFFMANN_PRINTED,
  HOFFMANN_UNROUNDED,
  KAPLAN,
];

/** The law of an id; `undefined` when there is none. */
export function findLaw(id: string): ScalingLaw | undefined {
  return SCALING_LAWS.find((law) => law.id === id);
}
