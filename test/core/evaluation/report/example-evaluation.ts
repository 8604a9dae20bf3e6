import { createHash } from 'node:crypto';
import type {
  EvaluationResult,
  EvaluationSample,
  MetricValue,
} from '../../../../src/core/evaluation/evaluation-result.js';

/** A sample of nothing in particular, with what a test wants of it. */
export function exampleSample(index: number, wanted: Partial<EvaluationSample> = {}): EvaluationSample {
  return {
    index,
    row_hash: createHash('sha256').update(String(index)).digest('hex'),
    prompt: `Is it good or bad?\nText: review ${index}\nAnswer:`,
    targets: ['good'],
    prediction: 'good',
    completion: null,
    choices: null,
    scores: {},
    slices: {},
    prompt_tokens: null,
    completion_tokens: null,
    ...wanted,
  };
}

/** A metric's value; its interval spans a tenth to either side. */
export function exampleMetric(metric: string, value: number, higherIsBetter = true): MetricValue {
  return { metric, value, low: value * 0.9, high: value * 1.1, higher_is_better: higherIsBetter };
}

/** A result of nothing in particular, with what a test wants of it. */
export function exampleResult(wanted: Partial<EvaluationResult> = {}): EvaluationResult {
  return {
    task: 'reviews',
    kind: 'generation',
    model: 'models/small',
    model_fingerprint: 'a'.repeat(64),
    dataset: { path: 'data/test.jsonl', sha256: 'b'.repeat(64), rows: 4 },
    task_hash: 'c'.repeat(64),
    shots: 0,
    seed: 42,
    metrics: [exampleMetric('accuracy', 0.75)],
    confidence: 0.95,
    slices: [],
    usage: { prompt_tokens: 1200, completion_tokens: 34, cost_usd: null, seconds: 95, cached_rows: 0 },
    toolkit_version: '0.1.0',
    finished_at: '2026-01-02T03:04:05.000Z',
    ...wanted,
  };
}
