import { assertReadable, turnOfEvents } from '../generation/generate.js';
import { JsonConstraint, TokenTree } from '../generation/json-constraint.js';
import type { SlotModel } from '../generation/slot-model.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { Answer } from './answer.js';
import { EventQueue } from './event-queue.js';
import type { AnswerEvent, GenerationRequest } from './generation-request.js';
import { QueueFull } from './queue-full.js';
import type { ServingStatistics } from './serving-statistics.js';
import { chooseSlot, type SlotChoice } from './slot-choice.js';
import { TokenBytes } from './token-bytes.js';
import type { Turns } from './turns.js';

/** Tokens whose bytes are looked up without a pause: some ten milliseconds. */
const TOKENS_AT_ONCE = 500;

/** What a scheduler works with. */
export interface SchedulerParts {
  readonly model: SlotModel;
  readonly tokenizer: Tokenizer;
  /** Logits that the model gives. */
  readonly vocabulary: number;
  /** Requests that may wait for a slot. */
  readonly queueLimit: number;
  /** Taken for each round of computation. */
  readonly turns: Turns;
  readonly statistics: ServingStatistics;
}

/** One answer on its way through a slot. */
interface AnswerWork {
  readonly kind: 'answer';
  readonly order: Order;
  readonly answer: Answer;
  readonly prompt: readonly number[];
}

/** Texts to be embedded, one at each turn. */
interface EmbeddingWork {
  readonly kind: 'embedding';
  readonly order: Order;
  readonly texts: readonly (readonly number[])[];
  /** Those of the texts that are done. */
  readonly vectors: Float32Array[];
  readonly settle: () => void;
}

type Work = AnswerWork | EmbeddingWork;

/** A request with all its answers. */
interface Order {
  /** What of it still waits takes no place from new requests: it has a slot already, or is part of what has one. */
  isLetIn: boolean;
  /** Nobody waits for it any more, or it has failed. */
  isOver: boolean;
  /** Calls what waits for it, unless it is over. */
  fail(error: Error): void;
  /** All has been given. */
  complete(): void;
  /** Answers to begin once the prompt has been read for the first one, which they copy. */
  followers: AnswerWork[];
  /** Answers that have not ended. */
  open: number;
  emit(event: AnswerEvent): void;
}

/**
 * Continuous batching: requests join and leave at every step. A round continues every answer in a slot by one token,
 * and reads of prompts no more than one piece of the largest size, so that answers flow meanwhile; prompts take turns.
 * What slots hold from earlier texts is used again.
 */
export class Scheduler {
  readonly tokenBytes: TokenBytes;
  private readonly waiting: Work[] = [];
  /** Whose prompts are being read, the next first. */
  private readonly reading = new Map<number, Work>();
  private readonly answering = new Map<number, AnswerWork>();
  /** Free slots, the least recently used first. */
  private readonly free: number[];
  private working: Promise<void> | undefined;
  private tokenTree: TokenTree | undefined;

  constructor(private readonly parts: SchedulerParts) {
    this.free = [...Array(parts.model.slots).keys()];
    this.tokenBytes = new TokenBytes(parts.tokenizer);
  }

  /** Requests, or single answers of them, that wait for a slot. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Slots at work. */
  get activeCount(): number {
    return this.reading.size + this.answering.size;
  }

  /**
   * Begins answering a request. Leaving the loop over the events cancels it.
   *
   * @param signal cancels it too: the loop then throws its reason at once, and the slot is free at the next step
   * @param isPart of something that has been let in already: it waits, however many wait
   * @throws ToolkitError `CONTEXT_OVERFLOW` for a prompt that is too long, `USAGE` for an empty one; QueueFull
   */
  generate(request: GenerationRequest, signal?: AbortSignal, isPart = false): AsyncIterable<AnswerEvent> {
    const { model, tokenizer, vocabulary } = this.parts;
    const { prompt, choices, maxNewTokens = Infinity, grammar } = request;
    assertReadable(prompt, { contextLength: model.capacity, vocabulary });
    const limit = Math.min(maxNewTokens, model.capacity - prompt.length);
    const events = new EventQueue<AnswerEvent>(() => order.complete());
    const order = this.order(signal, (error) => events.fail(error));
    order.open = choices;
    order.emit = (event) => {
      events.push(event);
      if (event.end === undefined || --order.open > 0) return;
      order.complete();
      events.end();
    };
    const [first, ...followers] = Array.from({ length: choices }, (_, choice): AnswerWork => {
      const constraint = grammar && new JsonConstraint(this.tree(), (id) => this.tokenBytes.of(id), grammar);
      const answer = new Answer(tokenizer, request, choice, limit, constraint);
      return { kind: 'answer', order, answer, prompt };
    });
    order.followers = followers;
    order.isLetIn = isPart;
    this.enqueue(first!);
    return events;
  }

  /**
   * The mean of the final hidden states of each text, [hidden].
   *
   * @throws ToolkitError as {@link generate}; QueueFull; the signal's reason
   */
  async embed(texts: readonly (readonly number[])[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { model, vocabulary } = this.parts;
    // One more than a slot holds: nothing comes after the last token of what is embedded.
    const shape = { contextLength: model.capacity + 1, vocabulary };
    for (const [index, text] of texts.entries()) {
      assertReadable(text, shape, texts.length === 1 ? 'the text' : `text ${index + 1}`);
    }
    const vectors: Float32Array[] = [];
    await new Promise<void>((settle, reject) => {
      const order = this.order(signal, reject);
      this.enqueue({ kind: 'embedding', order, texts, vectors, settle });
    });
    return vectors;
  }

  /** Makes ready what grammars need, a little at a time: large vocabularies take seconds, and others wait. */
  async prepareGrammars(): Promise<void> {
    if (this.tokenTree !== undefined) return;
    for (let token = 0; token < this.parts.vocabulary; token++) {
      this.tokenBytes.of(token);
      if (token % TOKENS_AT_ONCE === 0) await turnOfEvents();
    }
  }

  /** Resolves once nothing is being computed. */
  async idle(): Promise<void> {
    await this.working;
  }

  private order(signal: AbortSignal | undefined, reject: (error: Error) => void): Order {
    signal?.throwIfAborted();
    const abort = (): void => order.fail(signal?.reason as Error);
    signal?.addEventListener('abort', abort);
    const order: Order = {
      isLetIn: false,
      isOver: false,
      fail(error) {
        if (order.isOver) return;
        order.complete();
        reject(error);
      },
      complete() {
        order.isOver = true;
        signal?.removeEventListener('abort', abort);
      },
      followers: [],
      open: 1,
      emit: () => undefined,
    };
    return order;
  }

  private enqueue(work: Work): void {
    const { queueLimit } = this.parts;
    this.forget();
    const { length } = this.waiting.filter(({ order }) => !order.isLetIn);
    // Those for which slots are free only wait for the next round.
    if (!work.order.isLetIn && length >= queueLimit + this.free.length) {
      work.order.complete();
      throw new QueueFull(`${length} requests wait already`);
    }
    this.waiting.push(work);
    this.working ??= this.work();
  }

  private async work(): Promise<void> {
    while (this.waiting.length + this.activeCount > 0) {
      await this.parts.turns.take(() => this.round());
      await turnOfEvents();
    }
    this.working = undefined;
  }

  private async round(): Promise<void> {
    this.forget();
    this.admit();
    await this.continueAnswers();
    await this.readPieces();
  }

  /** Lets go of what nobody waits for any more. */
  private forget(): void {
    const left = this.waiting.filter(({ order }) => !order.isOver);
    if (left.length < this.waiting.length) this.waiting.splice(0, Infinity, ...left);
    for (const slots of [this.reading, this.answering]) {
      for (const [slot, { order }] of slots) if (order.isOver) this.release(slot);
    }
  }

  private release(slot: number): void {
    this.reading.delete(slot);
    this.answering.delete(slot);
    this.free.push(slot);
  }

  /** Gives free slots to those who wait, the first come first. */
  private admit(): void {
    const { model, statistics } = this.parts;
    while (this.free.length > 0 && this.waiting.length > 0) {
      const work = this.waiting.shift()!;
      work.order.isLetIn = true;
      const { slot, from, shared } = this.slotFor(work);
      this.free.splice(this.free.indexOf(slot), 1);
      if (from === slot) model.truncate(slot, shared);
      else model.copy(from, slot, shared);
      this.reading.set(slot, work);
      statistics.promptTokens += work.kind === 'answer' ? work.prompt.length : work.texts.flat().length;
      statistics.reusedTokens += shared;
      if (shared > 0) statistics.reusedPrompts++;
    }
  }

  private slotFor(work: Work): SlotChoice {
    const { free } = this;
    // What is scored is read from its beginning on, and what is embedded uses the slot for itself.
    if (work.kind === 'embedding' || work.answer.scoresPrompt) {
      return { slot: free[0]!, from: free[0]!, shared: 0 };
    }
    return chooseSlot(this.parts.model, free, work.prompt);
  }

  /** One more token for every answer. */
  private async continueAnswers(): Promise<void> {
    const { model, statistics } = this.parts;
    if (this.answering.size === 0) return;
    const working = [...this.answering];
    const next = working.map(([slot, work]) => ({ slot, token: this.nextToken(slot, work) }));
    await this.attempt(working, async () => {
      const logits = await model.step(next);
      statistics.steps++;
      for (const [row, [slot, work]] of working.entries()) this.take(slot, work, logits[row]!);
    });
  }

  /** The token to read: of a prompt that is scored each in its turn, else the one that was chosen last. */
  private nextToken(slot: number, { prompt, answer }: AnswerWork): number {
    return prompt[this.parts.model.tokensOf(slot).length] ?? answer.lastToken;
  }

  /** Several short prompts, or a piece of a long one. */
  private async readPieces(): Promise<void> {
    let left = this.parts.model.largestRead;
    for (const turn of [...this.reading]) {
      if (left <= 0) return;
      if (!turn[1].order.isOver) left -= await this.readPiece(turn);
    }
  }

  /**
   * Reads a piece of a prompt, or embeds a text.
   *
   * @returns tokens read
   */
  private async readPiece(turn: readonly [number, Work]): Promise<number> {
    const [slot, work] = turn;
    // The others come before it is its turn again.
    this.reading.delete(slot);
    this.reading.set(slot, work);
    let length = 0;
    await this.attempt([turn], async () => {
      length = work.kind === 'embedding' ? await this.embedNext(slot, work) : await this.readNext(slot, work);
    });
    return length;
  }

  private async embedNext(slot: number, { texts, vectors, order, settle }: EmbeddingWork): Promise<number> {
    const text = texts[vectors.length]!;
    const vector = await this.parts.model.embed(slot, text);
    vectors.push(vector.slice());
    // Whoever has gone meanwhile has lost the slot already.
    if (order.isOver) return text.length;
    if (vectors.length === texts.length) {
      this.release(slot);
      order.complete();
      settle();
    }
    return text.length;
  }

  private async readNext(slot: number, work: AnswerWork): Promise<number> {
    const { model } = this.parts;
    const { prompt, answer, order } = work;
    const start = model.tokensOf(slot).length;
    const end = answer.scoresPrompt ? 1 : Math.min(start + model.largestRead, prompt.length);
    const logits = await model.read(slot, prompt.slice(start, end));
    // As above: the slot may be another's by the next round.
    if (!order.isOver && (end === prompt.length || answer.scoresPrompt)) {
      this.reading.delete(slot);
      this.answering.set(slot, work);
      this.take(slot, work, logits);
    }
    return end - start;
  }

  /** Uses the logits that follow the tokens in a slot. */
  private take(slot: number, { order, answer, prompt }: AnswerWork, logits: Float32Array): void {
    const { length } = this.parts.model.tokensOf(slot);
    if (order.isOver) return;
    try {
      if (length < prompt.length) {
        answer.scorePromptToken(logits, prompt[length]!);
        return;
      }
      this.waiting.unshift(...order.followers.splice(0));
      const event = answer.next(logits);
      this.parts.statistics.completionTokens++;
      if (event.end !== undefined) this.release(slot);
      order.emit(event);
    } catch (error) {
      order.fail(error as Error);
    }
  }

  /** Computes something; should that fail, so do those for whom it was done, and their slots hold nothing any more. */
  private async attempt(
    working: readonly (readonly [number, Work])[],
    compute: () => Promise<void>,
  ): Promise<void> {
    try {
      await compute();
    } catch (error) {
      for (const [slot, { order }] of working) {
        this.parts.model.truncate(slot, 0);
        order.fail(error as Error);
      }
    }
  }

  /** The vocabulary as a tree, made when JSON is first asked for. */
  private tree(): TokenTree {
    this.tokenTree ??= new TokenTree(this.parts.vocabulary, (id) => this.tokenBytes.of(id));
    return this.tokenTree;
  }
}
