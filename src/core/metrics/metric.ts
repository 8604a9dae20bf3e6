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
}

/** A chosen class with the model's probability of each class. */
export interface ProbabilityRow extends LabelRow {
  readonly probabilities: Readonly<Record<string, number>>;
}

/** A generated text by itself. */
export interface GenerationRow {
  readonly prediction: string;
}

/** A generated text that should be JSON of a given form. */
export interface StructureRow extends GenerationRow {
  /** JSON Schema of what is wanted. */
  readonly schema: unknown;
}

/** Several tries at one task. */
export interface SamplesRow {
  readonly samples: number;
  /** Tries that passed, of the samples. */
  readonly correct: number;
}

/** Vectors of a generated text and of what was wanted, made by the same embedding model. */
export interface EmbeddingRow {
  readonly prediction: ArrayLike<number>;
  readonly reference: ArrayLike<number>;
}

/** What a judge said about two answers, asked twice; `undefined` where its reply held no verdict. */
export interface JudgementRow {
  /** Asked with the answer under test first. */
  readonly testedFirst: Verdict | undefined;
  /** Asked with the answer under test second. */
  readonly testedSecond: Verdict | undefined;
}

/** The better of two answers in the order in which the judge saw them. */
export type Verdict = 'first' | 'second' | 'tie';

/** What a judge said about one answer by a rubric; `undefined` where its reply held no rating. */
export interface RatingRow {
  readonly rating: number | undefined;
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
  readonly generation: GenerationRow;
  readonly structure: StructureRow;
  readonly label: LabelRow;
  readonly probability: ProbabilityRow;
  readonly tags: TagRow;
  readonly likelihood: LikelihoodRow;
  readonly samples: SamplesRow;
  readonly embedding: EmbeddingRow;
  readonly judgement: JudgementRow;
  readonly rating: RatingRow;
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
  /** False where drawing a row twice is what the metric measures, as with diversity: no bootstrap then. */
  readonly allowsBootstrap?: false;
  /** Whether its values are the means over rows of what they are of each row alone: a bootstrap is then quick. */
  readonly isMean?: true;
  statistic(row: MetricRows[Kind]): Statistic;
  /**
   * The metric's values over some rows: the first is the one that stands for it.
   *
   * @param statistics of at least one row
   */
  aggregate(statistics: readonly Statistic[]): Readonly<Record<string, number>>;
  /** The settings, in the form in which the field quotes them beside the value. */
  signature?(statistics: readonly Statistic[]): string;
  readonly examples: readonly MetricExample<MetricRows[Kind]>[];
}
