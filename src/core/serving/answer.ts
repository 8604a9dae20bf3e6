import { specialTokenOf, type GenerationTokenizer } from '../generation/generate.js';
import type { JsonConstraint } from '../generation/json-constraint.js';
import { chooseToken } from '../generation/sampling.js';
import { StopStringFilter } from '../generation/stop-strings.js';
import { StreamingDecoder } from '../tokenizers/streaming-decoder.js';
import { Random } from '../training/random.js';
import type { AnswerEnd, AnswerEvent, GenerationRequest, TokenScore } from './generation-request.js';
import { scoreToken } from './token-scores.js';

/** One answer while it is made: takes logits, gives events. */
export class Answer {
  /** The token that the model is to read next. */
  lastToken = -1;
  /** Set while the prompt is still to be scored, token by token. */
  private promptScores: TokenScore[] | undefined;
  private tokens = 0;
  private end: AnswerEnd | undefined;
  private readonly seen: Set<number>;
  private readonly counts = new Map<number, number>();
  private readonly random: Random;
  private readonly decoder: StreamingDecoder;
  private readonly filter: StopStringFilter;
  private readonly stopIds: ReadonlySet<number>;

  /**
   * @param limit most tokens
   * @param constraint what the text is kept to
   */
  constructor(
    tokenizer: GenerationTokenizer,
    private readonly request: GenerationRequest,
    private readonly choice: number,
    private readonly limit: number,
    private readonly constraint: JsonConstraint | undefined,
  ) {
    const { prompt, seed, stop, scorePrompt } = request;
    // The prompt is scored once, for the first answer.
    if (scorePrompt && choice === 0) this.promptScores = [];
    this.seen = new Set(prompt);
    this.random = new Random(seed, choice);
    this.decoder = new StreamingDecoder(tokenizer, prompt);
    this.filter = new StopStringFilter(stop);
    this.stopIds = new Set([
      ...tokenizer.endOfSequenceIds,
      ...stop.flatMap((text) => specialTokenOf(text, tokenizer)),
    ]);
  }

  /** Whether the prompt must be read token by token. */
  get scoresPrompt(): boolean {
    return this.promptScores !== undefined;
  }

  /**
   * Scores a token of the prompt.
   *
   * @param logits [vocabulary], of the token's place
   */
  scorePromptToken(logits: Float32Array, token: number): void {
    this.promptScores?.push(scoreToken(logits, token, this.request.likeliest ?? 0));
  }

  /**
   * Chooses the next token.
   *
   * @param logits [vocabulary]
   */
  next(logits: Float32Array): AnswerEvent {
    const { likeliest, sampling } = this.request;
    const token = chooseToken(this.adjust(logits), this.seen, sampling, this.random);
    const score = likeliest === undefined ? undefined : scoreToken(logits, token, likeliest);
    this.lastToken = token;
    this.tokens++;
    this.seen.add(token);
    this.counts.set(token, (this.counts.get(token) ?? 0) + 1);
    const text = this.show(token);
    const { promptScores } = this;
    this.promptScores = undefined;
    return { choice: this.choice, text, score, promptScores, end: this.end };
  }

  private show(token: number): string {
    if (this.stopIds.has(token)) return this.finish('stop');
    this.constraint?.push(token);
    const shown = this.filter.push(this.decoder.push(token));
    if (this.filter.stopped) {
      this.end = 'stop';
      return shown;
    }
    if (this.constraint?.isComplete) return shown + this.finish('stop');
    return this.tokens < this.limit ? shown : shown + this.finish('length');
  }

  /** Returns what was held back. */
  private finish(end: AnswerEnd): string {
    const rest = this.filter.push(this.decoder.end());
    this.end = this.filter.stopped ? 'stop' : end;
    return rest + this.filter.end();
  }

  /** The logits with everything that the request does to them before sampling. */
  private adjust(logits: Float32Array): Float32Array {
    const { logitBias, presencePenalty, frequencyPenalty } = this.request;
    const isPenalized = presencePenalty !== 0 || frequencyPenalty !== 0;
    if (!isPenalized && logitBias.size === 0 && this.constraint === undefined) return logits;
    const scores = logits.slice();
    for (const [token, bias] of logitBias) {
      if (token < scores.length) scores[token]! += bias;
    }
    if (isPenalized) {
      for (const [token, count] of this.counts) scores[token]! -= presencePenalty + count * frequencyPenalty;
    }
    this.constraint?.restrict(scores);
    return scores;
  }
}
