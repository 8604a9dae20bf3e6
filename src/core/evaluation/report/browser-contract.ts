/** What the browser of samples shows of a row in the baseline. */
export interface BrowserBaseline {
  readonly prediction: string;
  readonly completion: string | null;
  readonly scores: readonly (number | null)[];
  readonly right: boolean | null;
}

/** What the browser of samples shows of a row; lists go with the names in {@link BrowserData}. */
export interface BrowserSample {
  readonly index: number;
  readonly hash: string;
  readonly prompt: string;
  readonly targets: readonly string[];
  readonly prediction: string;
  readonly completion: string | null;
  readonly choices:
    | readonly {
        readonly text: string;
        readonly log_likelihood: number | null;
        readonly probability: number | null;
      }[]
    | null;
  /** Further texts of the row, each under a title: what a judge said, other tries. */
  readonly notes: readonly { readonly title: string; readonly text: string }[];
  readonly scores: readonly (number | null)[];
  /** Of each field, the place of the value in the field's values. */
  readonly slices: readonly (number | null)[];
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly right: boolean | null;
  /** Row and column in the confusion matrix. */
  readonly cell: readonly [number, number] | null;
  readonly baseline: BrowserBaseline | null;
}

/** What the page holds for its script, as JSON. */
export interface BrowserData {
  readonly scores: readonly { readonly name: string; readonly higher_is_better: boolean }[];
  readonly fields: readonly { readonly name: string; readonly values: readonly string[] }[];
  readonly confusion: { readonly wanted: readonly string[]; readonly predicted: readonly string[] } | null;
  /** Ends that all prompts have in common, in characters: the list leaves them out. */
  readonly common_start: number;
  readonly common_end: number;
  /** Characters after which texts were cut; `null` where all are whole. */
  readonly cut_after: number | null;
  readonly samples: readonly BrowserSample[];
}
