/** One metric over the rows of an evaluation. */
export interface MetricValue {
  /** Id of the metric, or `<id>/<name>` for a further value of it. */
  readonly metric: string;
  readonly value: number;
  /** Bounds of the bootstrap's confidence interval; `null` where there is one row. */
  readonly low: number | null;
  readonly high: number | null;
  readonly higher_is_better: boolean;
}

/** The rows that share one value of the field that an evaluation is sliced by. */
export interface EvaluationSlice {
  readonly field: string;
  readonly value: string;
  readonly rows: number;
  readonly metrics: readonly MetricValue[];
}

/** What a judge said of one answer. */
export interface JudgedAnswer {
  /** `null` where the reply ended with no rating of the rubric. */
  readonly rating: number | null;
  /** The reply without the rating. */
  readonly reason: string;
}

/** A model that helped to score. */
export interface ScoringModel {
  readonly model: string;
  readonly model_fingerprint: string;
}

/** The judge of an evaluation. */
export interface JudgeFacts extends ScoringModel {
  /** Replies that held no verdict. */
  readonly unreadable: number;
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly cost_usd: number | null;
}

/** One row as it was evaluated: what a sample browser shows, and what comparisons pair. */
export interface EvaluationSample {
  /** Place in the dataset, counted from 0. */
  readonly index: number;
  /** SHA-256 of the row's content: two evaluations are of the same row when these are equal. */
  readonly row_hash: string;
  /** The prompt exactly as it was sent; for chats the messages as JSON. */
  readonly prompt: string;
  readonly targets: readonly string[];
  /** Of choices: places of the right ones, as two choices may say the same. */
  readonly target_indices?: readonly number[] | undefined;
  readonly prediction: string;
  /** The whole completion, before filters took the prediction out of it. */
  readonly completion: string | null;
  /** All completions of the row where several were asked for; `completion` is the first. */
  readonly completions?: readonly string[] | undefined;
  /** Of each completion what was recorded beside it; `null` where nothing was. */
  readonly passed?: readonly (boolean | null)[] | undefined;
  /** By filter: cosine of the prediction and the target nearest to it, as an embedding model places them. */
  readonly similarities?: Readonly<Record<string, number>> | undefined;
  /** By filter: what a judge said of the prediction. */
  readonly ratings?: Readonly<Record<string, JudgedAnswer>> | undefined;
  /** Of choices, in order, with their log-likelihoods; `null` for generation. */
  readonly choices: readonly { readonly text: string; readonly log_likelihood: number }[] | null;
  /** What each metric says of this row alone, where it says anything. */
  readonly scores: Readonly<Record<string, number>>;
  readonly slices: Readonly<Record<string, string>>;
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
}

/** The outcome of one evaluation, without its samples, which lie beside it as JSON lines. */
export interface EvaluationResult {
  readonly task: string;
  readonly kind: 'generation' | 'multiple_choice' | 'classification' | 'perplexity';
  readonly model: string;
  /** What distinguishes the model: hash of its files, or address and name. */
  readonly model_fingerprint: string;
  readonly dataset: { readonly path: string; readonly sha256: string; readonly rows: number };
  /** SHA-256 of the task as it was run, so that results are compared only where they can be. */
  readonly task_hash: string;
  readonly shots: number;
  readonly seed: number;
  readonly metrics: readonly MetricValue[];
  readonly confidence: number;
  /** What made the vectors of embedding-similarity. */
  readonly embedding_model?: ScoringModel | undefined;
  /** Who rated the answers. */
  readonly judge?: JudgeFacts | undefined;
  readonly slices: readonly EvaluationSlice[];
  readonly usage: {
    readonly prompt_tokens: number | null;
    readonly completion_tokens: number | null;
    readonly cost_usd: number | null;
    readonly seconds: number;
    /** Rows whose completions came from the cache. */
    readonly cached_rows: number;
  };
  readonly toolkit_version: string;
  /** ISO 8601. */
  readonly finished_at: string;
}
