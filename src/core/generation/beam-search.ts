import { ToolkitError } from '../errors/toolkit-error.js';
import { StreamingDecoder } from '../tokenizers/streaming-decoder.js';
import {
  assertReadable,
  turnOfEvents,
  type Completion,
  type GenerationPorts,
  type GenerationTokenizer,
} from './generate.js';
import type { KeyValueCache } from './key-value-cache.js';
import type { LanguageModel } from './language-model.js';
import { assertFinite, penalizeRepetition } from './sampling.js';

/** How the likeliest text as a whole is looked for. */
export interface BeamSettings {
  /** Texts that are followed at once, at least 2. */
  readonly beams: number;
  readonly maxNewTokens: number;
  /** Power of its length that a text's log-probability is divided by: above 0 long texts gain; default 1. */
  readonly lengthPenalty?: number | undefined;
  /** Stops once as many texts have ended as there are beams, rather than when none can become better; default no. */
  readonly earlyStopping?: boolean | undefined;
  /** Makes tokens that occurred less likely if above 1. */
  readonly repetitionPenalty?: number | undefined;
}

/** The best text found. */
export interface BeamCompletion extends Completion {
  /** Sum of the log-probabilities of its tokens, over its length to the power of the length penalty. */
  readonly score: number;
}

/** New tokens of a text, and the sum of their log-probabilities. */
interface Beam {
  readonly tokens: readonly number[];
  readonly score: number;
}

/** A beam and one more token. */
interface Candidate extends Beam {
  /** Which beam it goes on from. */
  readonly row: number;
  readonly hasEnded: boolean;
}

/**
 * Looks for the text of highest probability as a whole, following several at once. The same as `generate` of Hugging Face
 * transformers 5 with `num_beams` and without sampling: the repetition penalty works on log-probabilities, and a text
 * that ends counts only while it is among the best `beams` candidates.
 *
 * @param prompt token ids, special tokens included
 * @throws ToolkitError as `assertReadable`; `USAGE` for more beams than the vocabulary has candidates for
 */
export async function beamSearch(
  model: LanguageModel,
  tokenizer: GenerationTokenizer,
  prompt: readonly number[],
  settings: BeamSettings,
  { signal }: Pick<GenerationPorts, 'signal'> = {},
): Promise<BeamCompletion> {
  assertReadable(prompt, model.model.shape);
  const { beams, maxNewTokens, repetitionPenalty } = settings;
  const ends = new Set(tokenizer.endOfSequenceIds);
  // Should every beam end with each end token, there are still as many that go on.
  const kept = Math.max(2, 1 + ends.size) * beams;
  if (kept > model.model.shape.vocabulary) {
    throw new ToolkitError(
      `${beams} beams need ${kept} candidates, and the model has ${model.model.shape.vocabulary} tokens`,
      'USAGE',
      'Use fewer beams.',
    );
  }
  const limit = Math.min(maxNewTokens, model.contextLength - prompt.length);
  const finished = new FinishedBeams(settings);
  const length = prompt.length + limit;
  const caches: KeyValueCache[] = [];
  const createCache = async (rows: number): Promise<KeyValueCache> => {
    const cache = await model.createCache(rows, length);
    caches.push(cache);
    return cache;
  };
  try {
    // The prompt is read once; then two caches of all beams take turns, as beams go on from one another.
    let current = await createCache(1);
    let other = await createCache(beams);
    const further = await createCache(beams);
    let logits = await model.prefill(current, [prompt], signal);
    let running: readonly Beam[] = [{ tokens: [], score: 0 }];
    for (let step = 1; ; step++) {
      const scores = running.map(({ tokens }, row) => {
        assertFinite(logits[row]!);
        const logProbabilities = logSoftmax(logits[row]!);
        return repetitionPenalty === undefined
          ? logProbabilities
          : penalizeRepetition(logProbabilities, new Set([...prompt, ...tokens]), repetitionPenalty);
      });
      const candidates = bestCandidates(running, scores, kept).map(({ row, token, score }): Candidate => ({
        ...{ row, score, tokens: [...running[row]!.tokens, token] },
        hasEnded: ends.has(token) || step === limit,
      }));
      finished.add(candidates.slice(0, beams).filter(({ hasEnded }) => hasEnded));
      const next = candidates.filter(({ hasEnded }) => !hasEnded).slice(0, beams);
      await turnOfEvents();
      signal?.throwIfAborted();
      if (next.length === 0 || !finished.canImprove(next[0]!.score, step)) break;

      const rows = next.map(({ row }) => row);
      if (current.batchSize !== beams || rows.some((row, index) => row !== index)) {
        await model.copyRows(current, other, rows);
        [current, other] = [other, current.batchSize === beams ? current : further];
      }
      logits = await model.decode(
        current,
        next.map(({ tokens }) => tokens.at(-1)),
      );
      running = next;
    }
  } finally {
    for (const cache of caches) cache.dispose();
  }
  return describe(finished.best, tokenizer, prompt, ends);
}

/** Texts that have ended, the best first, at most as many as there are beams. */
class FinishedBeams {
  private beams: Beam[] = [];

  constructor(private readonly settings: BeamSettings) {}

  get best(): Beam {
    return this.beams[0]!;
  }

  private get isFull(): boolean {
    return this.beams.length === this.settings.beams;
  }

  add(ended: readonly Candidate[]): void {
    const scored = ended.map(({ tokens, score }) => ({ tokens, score: this.penalize(score, tokens.length) }));
    this.beams = [...this.beams, ...scored].sort((a, b) => b.score - a.score).slice(0, this.settings.beams);
  }

  /**
   * Whether texts that go on may still end better than those that have. As transformers has it, this takes them to keep
   * their score: it may be wrong where long texts gain.
   *
   * @param score the best of those that go on, without the length penalty
   */
  canImprove(score: number, length: number): boolean {
    if (!this.isFull) return true;
    return this.settings.earlyStopping !== true && this.penalize(score, length) > this.beams.at(-1)!.score;
  }

  private penalize(score: number, length: number): number {
    return score / length ** (this.settings.lengthPenalty ?? 1);
  }
}

function logSoftmax(logits: Float32Array): Float32Array {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - largest);
  const normalizer = largest + Math.log(total);
  return logits.map((logit) => logit - normalizer);
}

/** The best continuations of all beams by one token, the best first. */
function bestCandidates(
  running: readonly Beam[],
  scores: readonly Float32Array[],
  count: number,
): { readonly row: number; readonly token: number; readonly score: number }[] {
  const best: { row: number; token: number; score: number }[] = [];
  for (const [row, own] of scores.entries()) {
    for (const [token, logProbability] of own.entries()) {
      const score = running[row]!.score + logProbability;
      if (best.length === count && score <= best[count - 1]!.score) continue;
      let place = best.length;
      while (place > 0 && best[place - 1]!.score < score) place--;
      best.splice(place, 0, { row, token, score });
      if (best.length > count) best.pop();
    }
  }
  return best;
}

function describe(
  { tokens, score }: Beam,
  tokenizer: GenerationTokenizer,
  prompt: readonly number[],
  ends: ReadonlySet<number>,
): BeamCompletion {
  const hasEndToken = ends.has(tokens.at(-1)!);
  const decoder = new StreamingDecoder(tokenizer, prompt);
  const shown = hasEndToken ? tokens.slice(0, -1) : tokens;
  return {
    text: shown.map((token) => decoder.push(token)).join('') + decoder.end(),
    tokenIds: tokens,
    finishReason: hasEndToken ? 'stop' : 'length',
    promptTokens: prompt.length,
    completionTokens: tokens.length,
    score,
  };
}
