/** How well a model does, measured: the metrics by id, and what they are made of. */
import { didYouMean } from '../near-matches.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { accuracy } from './accuracy.js';
import { balancedAccuracy } from './balanced-accuracy.js';
import { bitsPerByte } from './bits-per-byte.js';
import { bleu } from './bleu.js';
import { chrfPlusPlus } from './chrf-plus-plus.js';
import { chrf } from './chrf.js';
import { distinctN } from './distinct-n.js';
import { embeddingSimilarity } from './embedding-similarity.js';
import { exactMatch } from './exact-match.js';
import { expectedCalibrationError } from './expected-calibration-error.js';
import { f1 } from './f1.js';
import { jsonSchemaMatch } from './json-schema-match.js';
import { jsonValidity } from './json-validity.js';
import { judge } from './judge.js';
import { judgeWinRate } from './judge-win-rate.js';
import { matthewsCorrelation } from './matthews-correlation.js';
import { meteor } from './meteor.js';
import type { Metric } from './metric.js';
import { nerF1Strict } from './ner-f1-strict.js';
import { nerF1 } from './ner-f1.js';
import { passAtK } from './pass-at-k.js';
import { perplexity } from './perplexity.js';
import { precision } from './precision.js';
import { recall } from './recall.js';
import { rouge1 } from './rouge-1.js';
import { rouge2 } from './rouge-2.js';
import { rougeL } from './rouge-l.js';
import { rougeLsum } from './rouge-lsum.js';
import { selfBleu } from './self-bleu.js';
import { squadF1 } from './squad-f1.js';
import { toxicityWordRate } from './toxicity-word-rate.js';
import { wordErrorRate } from './word-error-rate.js';
import { wordPerplexity } from './word-perplexity.js';

/** Every metric, by its id. */
export const METRICS: ReadonlyMap<string, Metric> = new Map(
  [
    accuracy,
    balancedAccuracy,
    precision,
    recall,
    f1,
    matthewsCorrelation,
    expectedCalibrationError,
    exactMatch,
    squadF1,
    rouge1,
    rouge2,
    rougeL,
    rougeLsum,
    bleu,
    chrf,
    chrfPlusPlus,
    meteor,
    wordErrorRate,
    perplexity,
    wordPerplexity,
    bitsPerByte,
    nerF1,
    nerF1Strict,
    passAtK,
    distinctN,
    selfBleu,
    embeddingSimilarity,
    toxicityWordRate,
    jsonValidity,
    jsonSchemaMatch,
    judge,
    judgeWinRate,
  ].map((metric: Metric) => [metric.id, metric]),
);

/** A name without what people write differently: `ROUGE-L`, `rougeL` and `rouge_l` are one, and so are `chrF++` and its id. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('@', 'at')
    .replaceAll('+', 'plus')
    .replace(/[\s_-]/g, '');
}

/**
 * The metric of an id, or of the name of its value (`wer`, `rougeLsum`), in whatever case and with or without hyphens.
 *
 * @throws ToolkitError `USAGE` for a name that no metric has, with those that may be meant
 */
export function findMetric(name: string): Metric {
  for (const metric of METRICS.values()) {
    const value = Object.keys(metric.examples[0]!.values)[0]!;
    if ([metric.id, value].some((known) => plainName(known) === plainName(name))) return metric;
  }
  const ids = [...METRICS.keys()];
  throw new ToolkitError(
    `There is no metric ${JSON.stringify(name)}.`,
    'USAGE',
    didYouMean(name, ids) ?? `The metrics are: ${ids.join(', ')}.`,
  );
}

export type { ScoredSequence, Scorer } from '../scoring/scorer.js';
export { SequenceScorer } from '../scoring/sequence-scorer.js';
export { bleuWith } from './bleu.js';
export { f1Of } from './f1.js';
export { classificationReport, type ClassificationReport } from './classification.js';
export { cosineSimilarity } from './embedding-similarity.js';
export { parseRating, parseVerdict, settleVerdicts, withoutMark } from './judgement/verdict.js';
export { slidingWindows, type SlidingWindow } from './likelihood/sliding-windows.js';
export type * from './metric.js';
export { meetsJsonSchema } from './structure/json-schema.js';
export { BLEU_TOKENIZERS, type BleuTokenizer } from './text/bleu-tokenizers.js';
export { passAtKWith } from './pass-at-k.js';
export { toxicityWordRateWith } from './toxicity-word-rate.js';
