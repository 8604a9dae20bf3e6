/** How well a model does, measured; and how likely it finds given texts. */
export { SequenceScorer, type ScoredSequence } from '../scoring/sequence-scorer.js';
export { classificationReport, type ClassificationReport } from './classification.js';
