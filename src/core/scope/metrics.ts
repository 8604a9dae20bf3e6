/** A measure of quality, under the key by which it is reported. */
export interface ScopeMetric {
  readonly name: string;
  readonly explanation: string;
  /** The value of a perfect answer; `null` where there is none, as for perplexity, of which less is better. */
  readonly best: number | null;
  /** Where it was defined. */
  readonly source: string;
}

/** Measures that a project may be held to. */
export const SCOPE_METRICS = {
  accuracy: {
    name: 'accuracy',
    explanation: 'share of the rows that are right',
    best: 1,
    source: 'Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.3',
  },
  precision: {
    name: 'precision',
    explanation: 'share of what was marked that deserved it',
    best: 1,
    source: 'Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.3',
  },
  recall: {
    name: 'recall',
    explanation: 'share of what deserved a mark that got it',
    best: 1,
    source: 'Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.3',
  },
  f1: {
    name: 'F1',
    explanation:
      'harmonic mean of precision and recall; one rare label counts as much as a common one if averaged',
    best: 1,
    source: 'Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.3',
  },
  exact_match: {
    name: 'exact match',
    explanation: 'share of the answers that are the expected text to the letter',
    best: 1,
    source: 'SQuAD, arXiv 1606.05250, section 6.1',
  },
  rouge1: {
    name: 'ROUGE-1',
    explanation: 'single words shared with a summary by a person',
    best: 1,
    source: 'Lin 2004, https://aclanthology.org/W04-1013',
  },
  rouge2: {
    name: 'ROUGE-2',
    explanation: 'pairs of neighbouring words shared with a summary by a person',
    best: 1,
    source: 'Lin 2004, https://aclanthology.org/W04-1013',
  },
  rougeL: {
    name: 'ROUGE-L',
    explanation: 'longest run of words, gaps allowed, shared with a summary by a person',
    best: 1,
    source: 'Lin 2004, https://aclanthology.org/W04-1013',
  },
  rougeLsum: {
    name: 'ROUGE-Lsum',
    explanation: 'ROUGE-L sentence by sentence, for summaries of several sentences',
    best: 1,
    source: 'Lin 2004, https://aclanthology.org/W04-1013',
  },
  bleu: {
    name: 'BLEU',
    explanation: 'runs of up to four words shared with a translation by a person, from 0 to 100',
    best: 100,
    source: 'Papineni et al. 2002, https://aclanthology.org/P02-1040; scale of sacreBLEU, arXiv 1804.08771',
  },
  chrf: {
    name: 'chrF',
    explanation:
      'runs of characters shared with a translation by a person, from 0 to 100; fairer to rich inflection',
    best: 100,
    source: 'Popović 2015, https://aclanthology.org/W15-3049; scale of sacreBLEU, arXiv 1804.08771',
  },
  'pass@1': {
    name: 'pass@1',
    explanation: 'share of the problems whose first program passes its tests',
    best: 1,
    source: 'Chen et al. 2021, arXiv 2107.03374, section 2.1',
  },
  'recall@10': {
    name: 'recall@10',
    explanation: 'share of the right passages that are among the first ten found',
    best: 1,
    source: 'Manning, Raghavan and Schütze, Introduction to Information Retrieval, section 8.4',
  },
  'ndcg@10': {
    name: 'nDCG@10',
    explanation: 'whether the right passages stand at the top of the first ten',
    best: 1,
    source: 'Järvelin and Kekäläinen 2002; the measure of BEIR, arXiv 2104.08663',
  },
  'mrr@10': {
    name: 'MRR@10',
    explanation: 'mean of one over the rank of the first right passage among ten',
    best: 1,
    source: 'MS MARCO, arXiv 1611.09268',
  },
  win_rate: {
    name: 'win rate',
    explanation: 'share of the answers that a judge prefers to those of another model',
    best: 1,
    source: 'MT-Bench and Chatbot Arena, arXiv 2306.05685',
  },
  perplexity: {
    name: 'perplexity',
    explanation: 'how surprised the model is by text it has not seen; less is better',
    best: null,
    source: 'Jurafsky and Martin, Speech and Language Processing, section 3.3',
  },
} as const satisfies Record<string, ScopeMetric>;

/** The key of a metric in {@link SCOPE_METRICS}. */
export type MetricName = keyof typeof SCOPE_METRICS;

/** Keys of all metrics. */
export const METRIC_NAMES = Object.keys(SCOPE_METRICS) as [MetricName, ...MetricName[]];

/** The metric of that key. */
export function scopeMetric(name: MetricName): ScopeMetric {
  return SCOPE_METRICS[name];
}
