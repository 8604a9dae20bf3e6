import type { LikelihoodRow } from '../metric.js';

/**
 * Mean surprise in nats for each of a unit. Rows count by their length: it is the surprise of the texts one after the
 * other. NaN where there is none of the unit.
 */
export function meanSurprise(rows: readonly LikelihoodRow[], unit: 'tokens' | 'bytes' | 'words'): number {
  const logLikelihood = rows.reduce((sum, row) => sum + row.logLikelihood, 0);
  const units = rows.reduce((sum, row) => sum + row[unit], 0);
  return -logLikelihood / units;
}
