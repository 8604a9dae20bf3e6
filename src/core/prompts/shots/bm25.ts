/** How soon further occurrences of a word count less, as in the published package rank_bm25 (0.2.2). */
const SATURATION = 1.5;
/** How much long documents are held against: 1 in full, 0 not at all. */
const LENGTH_WEIGHT = 0.75;
/** Words in more than half of the documents weigh this share of the average word, not less than nothing. */
const COMMON_WORD_SHARE = 0.25;

/** A run of letters, marks and digits, or one character of a script that is written without spaces. */
const WORDS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{L}\p{M}\p{N}])+/gu;

/** The words that texts are compared by, in lower case. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(WORDS) ?? [];
}

/**
 * Ranks documents by the words that they share with a query: Okapi BM25 (Robertson and Zaragoza 2009, “The Probabilistic
 * Relevance Framework”) in the variant of rank_bm25's `BM25Okapi`, where the weight of a word in n of N documents is
 * ln((N − n + 0.5) / (n + 0.5)), and that of a word in more than half of them a quarter of the average weight.
 */
export class Bm25Index {
  /** For each word the documents that have it, with how often. */
  private readonly occurrences = new Map<string, Map<number, number>>();
  private readonly weights = new Map<string, number>();
  private readonly lengths: readonly number[];
  private readonly averageLength: number;

  /** @param documents the words of each */
  constructor(documents: readonly (readonly string[])[]) {
    for (const [index, words] of documents.entries()) {
      for (const word of words) {
        let counts = this.occurrences.get(word);
        if (counts === undefined) {
          counts = new Map<number, number>();
          this.occurrences.set(word, counts);
        }
        counts.set(index, (counts.get(index) ?? 0) + 1);
      }
    }
    this.lengths = documents.map(({ length }) => length);
    this.averageLength = this.lengths.reduce((sum, length) => sum + length, 0) / documents.length;
    let sum = 0;
    for (const [word, { size }] of this.occurrences) {
      const weight = Math.log(documents.length - size + 0.5) - Math.log(size + 0.5);
      this.weights.set(word, weight);
      sum += weight;
    }
    const floor = (COMMON_WORD_SHARE * sum) / this.occurrences.size;
    for (const [word, weight] of this.weights) if (weight < 0) this.weights.set(word, floor);
  }

  /** How well each document matches; a word that the query repeats counts as often. */
  scores(query: readonly string[]): number[] {
    const scores = this.lengths.map(() => 0);
    for (const word of query) {
      const weight = this.weights.get(word) ?? 0;
      for (const [index, count] of this.occurrences.get(word) ?? []) {
        const length = 1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * this.lengths[index]!) / this.averageLength;
        scores[index]! += (weight * count * (SATURATION + 1)) / (count + SATURATION * length);
      }
    }
    return scores;
  }
}
