import { ToolkitError } from '../errors/toolkit-error.js';
import { StreamingDecoder } from '../tokenizers/streaming-decoder.js';
import {
  assertReadable,
  specialTokenOf,
  turnOfEvents,
  type Completion,
  type FinishReason,
  type GenerationPorts,
  type GenerationTokenizer,
} from './generate.js';
import { assertFinite, penalizeRepetition } from './sampling.js';
import { StopStringFilter } from './stop-strings.js';
import type { TextCache, TextModel } from './text-model.js';

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
  /** Texts that end a beam and are no part of it. The text of a special token stands for that token. */
  readonly stop?: readonly string[] | undefined;
}

/** Texts that beam search follows at once at most: each takes a key/value cache of its own, twice. */
export const MOST_BEAMS = 64;

/** The best text found. */
export interface BeamCompletion extends Completion {
  /** Sum of the log-probabilities of its tokens, over its length to the power of the length penalty. */
  readonly score: number;
}

/** New tokens of a text, and the sum of their log-probabilities. */
interface Beam {
  readonly tokens: readonly number[];
  readonly score: number;
  /** Why nothing follows it. */
  readonly end?: FinishReason | undefined;
}

/** A beam and one more token. */
interface Candidate extends Beam {
  /** Which beam it goes on from. */
  readonly row: number;
}

/**
 * Looks for the text of highest probability as a whole, following several at once. The same as `generate` of Hugging Face
 * transformers 5 with `num_beams` and without sampling: the repetition penalty works on log-probabilities, and a text
 * that ends, by an end token or a stop string, counts only while it is among the best `beams` candidates.
 *
 * @param prompt token ids, special tokens included
 * @throws ToolkitError as `assertReadable`; `USAGE` for more beams than the vocabulary has candidates for
 */
export async function beamSearch(
  model: TextModel,
  tokenizer: GenerationTokenizer,
  prompt: readonly number[],
  settings: BeamSettings,
  { signal }: Pick<GenerationPorts, 'signal'> = {},
): Promise<BeamCompletion> {
  assertReadable(prompt, model.model.shape);
  const { beams, maxNewTokens, repetitionPenalty, stop = [] } = settings;
  const ends = new BeamEnds(tokenizer, prompt, stop);
  // Should every beam end with each end token, there are still as many that go on.
  const kept = Math.max(2, 1 + tokenizer.endOfSequenceIds.length + stop.length) * beams;
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
  const caches: TextCache[] = [];
  const createCache = async (rows: number): Promise<TextCache> => {
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
      const candidates = bestCandidates(running, scores, kept).map(({ row, token, score }): Candidate => {
        const tokens = [...running[row]!.tokens, token];
        return { row, score, tokens, end: ends.reason(tokens) ?? (step === limit ? 'length' : undefined) };
      });
      finished.add(candidates.slice(0, beams).filter(({ end }) => end !== undefined));
      const next = candidates.filter(({ end }) => end === undefined).slice(0, beams);
      await turnOfEvents();
      signal?.throwIfAborted();
      if (next.length === 0 || !finished.canImprove(next[0]!.score, step)) break;

      // Stop strings may leave fewer than there is room for: the rows that are left over are computed and not looked at.
      const rows = Array.from({ length: beams }, (_, index) => (next[index] ?? next[0]!).row);
      if (current.batchSize !== beams || rows.some((row, index) => row !== index)) {
        await model.copyRows(current, other, rows);
        [current, other] = [other, current.batchSize === beams ? current : further];
      }
      logits = await model.decode(
        current,
        rows.map((_, index) => next[index]?.tokens.at(-1)),
      );
      running = next;
    }
  } finally {
    for (const cache of caches) cache.dispose();
  }
  return describe(finished.best, ends, prompt);
}

/** Where texts end, and what they say until there. */
class BeamEnds {
  private readonly endIds: ReadonlySet<number>;
  private readonly stopIds: ReadonlySet<number>;

  constructor(
    private readonly tokenizer: GenerationTokenizer,
    private readonly prompt: readonly number[],
    private readonly stop: readonly string[],
  ) {
    this.endIds = new Set(tokenizer.endOfSequenceIds);
    this.stopIds = new Set(stop.flatMap((text) => specialTokenOf(text, tokenizer)));
  }

  /** Why nothing follows these tokens, the limit on them left out. */
  reason(tokens: readonly number[]): 'stop' | 'stop_string' | undefined {
    const last = tokens.at(-1)!;
    if (this.endIds.has(last)) return 'stop';
    if (this.stopIds.has(last)) return 'stop_string';
    if (this.stop.length === 0) return undefined;
    const text = this.decode(tokens);
    return this.stop.some((stop) => text.includes(stop)) ? 'stop_string' : undefined;
  }

  /** What tokens say, without what ends them. */
  text({ tokens, end }: Beam): string {
    const isEndToken = this.endIds.has(tokens.at(-1)!) || this.stopIds.has(tokens.at(-1)!);
    const text = this.decode(isEndToken ? tokens.slice(0, -1) : tokens);
    if (end !== 'stop_string') return text;
    const filter = new StopStringFilter(this.stop);
    return filter.push(text) + filter.end();
  }

  private decode(tokens: readonly number[]): string {
    const decoder = new StreamingDecoder(this.tokenizer, this.prompt);
    return tokens.map((token) => decoder.push(token)).join('') + decoder.end();
  }
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
    const scored = ended.map(({ tokens, end, score }) => ({
      ...{ tokens, end },
      score: this.penalize(score, tokens.length),
    }));
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

function describe(beam: Beam, ends: BeamEnds, prompt: readonly number[]): BeamCompletion {
  const { tokens, score, end } = beam;
  return {
    text: ends.text(beam),
    tokenIds: tokens,
    finishReason: end!,
    promptTokens: prompt.length,
    completionTokens: tokens.length,
    score,
  };
}
