import type { ModelShape } from '../architectures/architecture.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { StreamingDecoder } from '../tokenizers/streaming-decoder.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { Random } from '../training/random.js';
import { chooseToken, type SamplingSettings } from './sampling.js';
import { StopStringFilter } from './stop-strings.js';
import type { TextCache, TextModel } from './text-model.js';

/** How texts are continued. */
export interface GenerationSettings extends SamplingSettings {
  readonly maxNewTokens: number;
  /** Texts that end the answer and are no part of it. The text of a special token stands for that token. */
  readonly stop?: readonly string[] | undefined;
  /** Equal seeds draw equal answers; default 0. Every prompt has a sequence of its own. */
  readonly seed?: number | undefined;
  /** Prompts continued at once; default 8. */
  readonly batchSize?: number | undefined;
}

/** What generation needs of a tokenizer. */
export type GenerationTokenizer = Pick<Tokenizer, 'encode' | 'decode' | 'endOfSequenceIds'>;

/**
 * Why an answer ends: the model's own end token, the limit on new tokens or the end of the context window, a stop
 * string, or the signal.
 */
export type FinishReason = 'stop' | 'length' | 'stop_string' | 'interrupted';

/** One more token of an answer. */
export interface TokenEvent {
  /** Which prompt is answered, counted from 0. */
  readonly prompt: number;
  /** What can be shown by now, perhaps nothing. */
  readonly text: string;
  /** Set on the last event of an answer. */
  readonly finishReason: FinishReason | undefined;
}

/** What happens as texts are continued. */
export interface GenerationPorts {
  /** Ends the answers where they are. */
  readonly signal?: AbortSignal | undefined;
  readonly onToken?: ((token: TokenEvent) => void) | undefined;
}

/** The continuation of one prompt. */
export interface Completion {
  /** Without special tokens, end token and stop string. */
  readonly text: string;
  /** Every token generated, the end token included. */
  readonly tokenIds: readonly number[];
  readonly finishReason: FinishReason;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

const DEFAULT_BATCH_SIZE = 8;

/**
 * Sees to it that a prompt can be read and leaves room for at least one token.
 *
 * @param name what messages call it
 * @throws ToolkitError `CONTEXT_OVERFLOW` when it is too long, `USAGE` when it is empty, `BAD_CHECKPOINT` when it holds
 *   tokens that the model has no embedding for
 */
export function assertReadable(
  prompt: readonly number[],
  { contextLength, vocabulary }: Pick<ModelShape, 'contextLength' | 'vocabulary'>,
  name = 'the prompt',
): void {
  if (prompt.length === 0) {
    throw new ToolkitError(`${name} is empty`, 'USAGE', 'Give a prompt of at least one token.');
  }
  const excess = prompt.length - (contextLength - 1);
  if (excess > 0) {
    throw new ToolkitError(
      `${name} has ${prompt.length} tokens; the model's context window is ${contextLength} tokens, its answer included`,
      'CONTEXT_OVERFLOW',
      `Shorten it by at least ${excess} ${excess === 1 ? 'token' : 'tokens'}, or use a model with a longer context window.`,
    );
  }
  const unknown = prompt.find((id) => id >= vocabulary);
  if (unknown !== undefined) {
    throw new ToolkitError(
      `${name} holds token ${unknown}, but the model's embedding has only ${vocabulary} rows`,
      'BAD_CHECKPOINT',
      'Use the tokenizer that was published with this model.',
    );
  }
}

/**
 * Continues prompts, each as if it were alone: prompts beside it change its answer by no more than rounding.
 *
 * @param prompts token ids, special tokens included
 * @returns one completion per prompt, in order
 * @throws ToolkitError as {@link assertReadable}, before anything is generated
 */
export async function generate(
  model: TextModel,
  tokenizer: GenerationTokenizer,
  prompts: readonly (readonly number[])[],
  settings: GenerationSettings,
  ports: GenerationPorts = {},
): Promise<Completion[]> {
  prompts.forEach((prompt, index) => {
    assertReadable(prompt, model.model.shape, prompts.length === 1 ? undefined : `prompt ${index + 1}`);
  });
  const { batchSize = DEFAULT_BATCH_SIZE } = settings;
  const completions: Completion[] = [];
  for (let first = 0; first < prompts.length; first += batchSize) {
    const batch = prompts.slice(first, first + batchSize);
    const cache = await model.createCache(batch.length, lengthNeeded(batch, settings));
    try {
      completions.push(...(await generateInCache(model, tokenizer, cache, batch, settings, ports, first)));
    } finally {
      cache.dispose();
    }
  }
  return completions;
}

/** Positions that a cache must have; the context window may still cut answers short. */
export function lengthNeeded(
  prompts: readonly (readonly number[])[],
  { maxNewTokens }: GenerationSettings,
): number {
  return Math.max(...prompts.map(({ length }) => length)) + maxNewTokens;
}

/**
 * Continues one batch in a cache of its size; one that holds the beginning of a single prompt saves reading it again.
 *
 * @param first number of the batch's first prompt: what `onToken` is told, and what its random sequence depends on
 */
export async function generateInCache(
  model: TextModel,
  tokenizer: GenerationTokenizer,
  cache: TextCache,
  prompts: readonly (readonly number[])[],
  settings: GenerationSettings,
  { signal, onToken }: GenerationPorts,
  first = 0,
): Promise<Completion[]> {
  const answers = prompts.map((prompt, row) => {
    const limit = Math.min(settings.maxNewTokens, model.contextLength - prompt.length);
    return new Answer(tokenizer, prompt, limit, settings, new Random(settings.seed ?? 0, first + row));
  });
  const isUnfinished = ({ finishReason }: Answer): boolean => finishReason === undefined;
  try {
    await model.prepare(cache);
    let logits = await model.prefill(cache, prompts, signal);
    for (;;) {
      for (const [row, answer] of answers.entries()) {
        if (!isUnfinished(answer)) continue;
        const text = answer.next(logits[row]!);
        onToken?.({ prompt: first + row, text, finishReason: answer.finishReason });
      }
      await turnOfEvents();
      signal?.throwIfAborted();
      if (!answers.some(isUnfinished)) break;
      const last = answers.map((answer) => (isUnfinished(answer) ? answer.tokenIds.at(-1) : undefined));
      logits = await model.decode(cache, last);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    for (const [row, answer] of answers.entries()) {
      if (!isUnfinished(answer)) continue;
      const text = answer.finish('interrupted');
      onToken?.({ prompt: first + row, text, finishReason: answer.finishReason });
    }
  }
  return answers.map((answer) => answer.completion);
}

/** The answer to one prompt while it is made. */
class Answer {
  readonly tokenIds: number[] = [];
  finishReason: FinishReason | undefined;
  private text = '';
  private readonly seen: Set<number>;
  private readonly decoder: StreamingDecoder;
  private readonly filter: StopStringFilter;
  private readonly stopIds: ReadonlySet<number>;

  constructor(
    private readonly tokenizer: GenerationTokenizer,
    private readonly prompt: readonly number[],
    private readonly limit: number,
    private readonly settings: GenerationSettings,
    private readonly random: Random,
  ) {
    const stop = settings.stop ?? [];
    this.seen = new Set(prompt);
    this.decoder = new StreamingDecoder(tokenizer, prompt);
    this.filter = new StopStringFilter(stop);
    this.stopIds = new Set(stop.flatMap((text) => specialTokenOf(text, tokenizer)));
  }

  /** Chooses the next token and returns the text that can be shown by now. */
  next(logits: Float32Array): string {
    const id = chooseToken(logits, this.seen, this.settings, this.random);
    this.tokenIds.push(id);
    this.seen.add(id);
    if (this.tokenizer.endOfSequenceIds.includes(id)) return this.finish('stop');
    if (this.stopIds.has(id)) return this.finish('stop_string');
    const shown = this.show(this.decoder.push(id));
    if (this.filter.stopped) {
      this.finishReason = 'stop_string';
      return shown;
    }
    return this.tokenIds.length < this.limit ? shown : shown + this.finish('length');
  }

  /** Ends the answer and returns the text that was held back. */
  finish(reason: FinishReason): string {
    const shown = this.show(this.decoder.end());
    this.finishReason = this.filter.stopped ? 'stop_string' : reason;
    const rest = this.filter.end();
    this.text += rest;
    return shown + rest;
  }

  get completion(): Completion {
    return {
      text: this.text,
      tokenIds: this.tokenIds,
      finishReason: this.finishReason!,
      promptTokens: this.prompt.length,
      completionTokens: this.tokenIds.length,
    };
  }

  private show(text: string): string {
    const shown = this.filter.push(text);
    this.text += shown;
    return shown;
  }
}

/** Lets signals in: engines that compute on this thread would starve them. */
export function turnOfEvents(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The id of the special token that a text spells; it never shows in the text that is searched for stop strings. */
export function specialTokenOf(text: string, tokenizer: GenerationTokenizer): readonly number[] {
  const ids = tokenizer.encode(text, { addSpecialTokens: false });
  return ids.length === 1 && tokenizer.decode(ids, { skipSpecialTokens: true }) === '' ? ids : [];
}
