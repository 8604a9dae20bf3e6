/** A generated text beside what was wanted. */
export interface TextRow {
  readonly prediction: string;
  /** Texts that would each have been right; one at least. */
  readonly references: readonly string[];
}

/** A chosen class beside the right one. */
export interface LabelRow {
  readonly prediction: string;
  readonly reference: string;
  /** Probability of each class, where the model gives them. */
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** Tags of the tokens of one text, such as `B-PER`, beside the right ones. */
export interface TagRow {
  readonly prediction: readonly string[];
  readonly reference: readonly string[];
}

/** How likely a model finds one text. */
export interface LikelihoodRow {
  /** Natural logarithm of the text's probability. */
  readonly logLikelihood: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly words: number;
}

/** The kinds of rows, by the name under which a metric says what it needs. */
export interface MetricRows {
  readonly text: TextRow;
  readonly label: LabelRow;
  readonly tags: TagRow;
  readonly likelihood: LikelihoodRow;
}

/** Rows of one kind with the values a metric has for them, by hand or from a published example. */
export interface MetricExample<Row> {
  readonly rows: readonly Row[];
  readonly values: Readonly<Record<string, number>>;
  /** Where the values come from: a paper, a package, or the sum that was done by hand. */
  readonly source: string;
}

/**
 * One metric: one file of this folder, named for its id. What a row contributes is computed once; values are aggregated
 * from these statistics, so that a bootstrap can draw rows again without scoring them anew, also for metrics such as
 * BLEU that are no mean over rows.
 */
export interface Metric<Kind extends keyof MetricRows = keyof MetricRows, Statistic = unknown> {
  readonly id: string;
  /** As the field calls it, in full. */
  readonly name: string;
  readonly needs: Kind;
  readonly formula: string;
  /** Who defined it, and the package whose results are met. */
  readonly source: string;
  readonly higherIsBetter: boolean;
  /** Smallest and largest value; `null` where there is none. */
  readonly range: readonly [number | null, number | null];
  statistic(row: MetricRows[Kind]): Statistic;
  /**
   * The metric's values over some rows: the first is the one that stands for it.
   *
   * @param statistics of at least one row
   */
  aggregate(statistics: readonly Statistic[]): Readonly<Record<string, number>>;
  readonly examples: readonly MetricExample<MetricRows[Kind]>[];
}
