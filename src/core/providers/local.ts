import type { Engine } from '../engine/engine.js';
import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { assertEmbeddable, embedTexts } from '../generation/embed-texts.js';
import { beamSearch } from '../generation/beam-search.js';
import { assertReadable, generateInCache, lengthNeeded } from '../generation/generate.js';
import {
  loadBothForms,
  openModelSource,
  type LoadedModel,
  type ModelSource,
} from '../generation/load-language-model.js';
import { encodeChat, encodeText } from '../generation/prompts.js';
import { slidingWindows } from '../metrics/likelihood/sliding-windows.js';
import type { ScoredSequence } from '../scoring/scorer.js';
import { encodeContinuation } from '../training/dataset/encode-continuation.js';
import { BatchQueue } from './batch-queue.js';
import { chooseBatch, MOST_ROWS, type LocalPrompt } from './local-batches.js';
import { modelFingerprint } from './model-fingerprint.js';
import type { ProviderKind, ProviderPorts } from './provider-ports.js';
import type {
  Completion,
  CompletionRequest,
  ContinuationScore,
  Embeddings,
  FinishReason,
  NextTokenDistribution,
  Prompt,
  Provider,
  ScoreRequest,
  TextLikelihood,
  TextScoreRequest,
} from './provider.js';

/** Characters of a text by which a message names it. */
const LONGEST_NAME = 60;

/** A prompt and what follows it, in tokens. */
interface EncodedPair {
  readonly promptIds: readonly number[];
  readonly continuationIds: readonly number[];
}

/**
 * A model of this toolkit: it is loaded when it is first asked. What is asked for at the same time is computed
 * together where that changes answers by no more than rounding. Chat templates are not told the day, so that answers
 * do not depend on it.
 */
export class LocalProvider implements Provider {
  readonly id: string;
  readonly contextLength: number;
  readonly isWorthCaching = true;
  readonly hasBeamSearch = true;
  readonly usual = { concurrency: MOST_ROWS, timeoutSeconds: null };
  private engine: Promise<Engine> | undefined;
  private loaded: Promise<LoadedModel> | undefined;
  private digest: string | undefined;
  /** What the engine computes, one thing after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  private readonly completions = new BatchQueue<LocalPrompt, Completion>(chooseBatch, (batch, signal) =>
    this.inTurn(() => this.generate(batch, signal)),
  );
  private readonly scores = new BatchQueue<readonly ScoredSequence[], number[]>(
    (waiting) => waiting,
    (batch, signal) => this.inTurn(() => this.score(batch, signal)),
  );

  private readonly embeddings = new BatchQueue<readonly (readonly number[])[], Float32Array[]>(
    (waiting) => waiting,
    (batch, signal) => this.inTurn(() => this.vectors(batch, signal)),
  );

  constructor(
    location: string,
    private readonly source: ModelSource,
    private readonly ports: ProviderPorts,
  ) {
    this.id = `local:${location}`;
    this.contextLength = source.model.shape.contextLength;
  }

  async fingerprint(signal?: AbortSignal): Promise<string> {
    const { folder, adapterFolder } = this.source;
    const { files, clock, onProgress = () => undefined } = this.ports;
    const folders = adapterFolder === undefined ? [folder] : [folder, adapterFolder];
    const ports = { files, now: () => clock.now(), onProgress, ...(signal && { signal }) };
    this.digest ??= await modelFingerprint(folders, ports);
    return `local:${this.digest}`;
  }

  countTokens(prompt: Prompt): number {
    return this.encode(prompt).length;
  }

  async complete({ id, prompt, settings }: CompletionRequest, signal?: AbortSignal): Promise<Completion> {
    const tokenIds = this.encode(prompt);
    assertReadable(tokenIds, this.source.model.shape, nameOf(id));
    return this.completions.add({ tokenIds, settings }, signal);
  }

  async scoreContinuations(request: ScoreRequest, signal?: AbortSignal): Promise<ContinuationScore[]> {
    const { withGreedy = false } = request;
    const pairs = request.continuations.map((continuation) => this.encodePair(request, continuation));
    const sequences = pairs.map(({ promptIds, continuationIds }) => ({
      tokenIds: [...promptIds, ...continuationIds],
      supervised: [...promptIds.map(() => 0), ...continuationIds.map(() => 1)],
    }));
    const losses = await this.scores.add(sequences, signal);
    const greedy = withGreedy ? await this.inTurn(() => this.whichAreGreedy(pairs, signal)) : undefined;
    return losses.map((loss, index) => ({
      logLikelihood: -loss,
      tokens: pairs[index]!.continuationIds.length,
      bytes: Buffer.byteLength(request.continuations[index]!),
      isGreedy: greedy?.[index] ?? null,
    }));
  }

  async scoreText({ text, stride }: TextScoreRequest, signal?: AbortSignal): Promise<TextLikelihood> {
    const { tokenizer } = this.source;
    const tokenIds = encodeText(tokenizer, text);
    const window = this.contextLength;
    const windows = slidingWindows(tokenIds.length, window, stride ?? Math.ceil(window / 2));
    const sequences = windows
      .filter(({ scoredFrom, end }) => scoredFrom < end)
      .map(({ start, scoredFrom, end }) => ({
        tokenIds: tokenIds.slice(start, end),
        supervised: Array.from({ length: end - start }, (_, index) => Number(start + index >= scoredFrom)),
      }));
    const losses = await this.scores.add(sequences, signal);
    return {
      logLikelihood: -losses.reduce((sum, loss) => sum + loss, 0),
      tokens: sequences.reduce((sum, { supervised }) => sum + supervised.reduce((a, b) => a + b, 0), 0),
    };
  }

  async nextTokenDistribution(prompt: Prompt, signal?: AbortSignal): Promise<NextTokenDistribution> {
    const { tokenizer, model } = this.source;
    const promptTokenIds = this.encode(prompt);
    assertReadable(promptTokenIds, model.shape);
    return this.inTurn(async () => {
      const { model } = await this.load(signal);
      const cache = await model.createCache(1, promptTokenIds.length);
      try {
        const [logits] = await model.prefill(cache, [promptTokenIds], signal);
        return { logits: logits!.slice(), promptTokenIds, tokenText: (id) => tokenizer.decode([id]) };
      } finally {
        cache.dispose();
      }
    });
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Embeddings> {
    const { tokenizer, model } = this.source;
    const tokenIds = texts.map((text) => encodeText(tokenizer, text));
    // One that cannot be embedded is not to fail those that are computed with it.
    for (const [index, ids] of tokenIds.entries())
      assertEmbeddable(ids, model.shape, quoteName(texts[index]!.slice(0, LONGEST_NAME)));
    return {
      vectors: await this.embeddings.add(tokenIds, signal),
      promptTokens: tokenIds.reduce((sum, { length }) => sum + length, 0),
      costUsd: null,
    };
  }

  async close(): Promise<void> {
    await this.turn.catch(() => undefined);
    await (await this.loaded?.catch(() => undefined))?.dispose();
    await (await this.engine?.catch(() => undefined))?.dispose();
    this.loaded = this.engine = undefined;
  }

  private encode(prompt: Prompt): number[] {
    const { tokenizer } = this.source;
    return prompt.kind === 'text'
      ? encodeText(tokenizer, prompt.text)
      : encodeChat(tokenizer, prompt.messages);
  }

  /**
   * Spaces at the end of a text count to the continuation: most vocabularies join them to the word that follows. The
   * Evaluation Harness of EleutherAI does the same, so that scores can be compared.
   */
  private encodePair({ id, prompt, withEnd = false }: ScoreRequest, continuation: string): EncodedPair {
    const { tokenizer, model } = this.source;
    let pair: EncodedPair;
    if (prompt.kind === 'chat') {
      const text = tokenizer.renderChat(prompt.messages, { addGenerationPrompt: true });
      const promptIds = tokenizer.encode(text, { addSpecialTokens: false });
      const continuationIds = encodeContinuation(tokenizer, { text, ids: promptIds }, continuation);
      pair = { promptIds, continuationIds };
    } else {
      const text = prompt.text.trimEnd();
      const ids = tokenizer.encode(text, { addSpecialTokens: false });
      const rest = prompt.text.slice(text.length) + continuation;
      pair = {
        promptIds: encodeText(tokenizer, text),
        continuationIds: encodeContinuation(tokenizer, { text, ids }, rest),
      };
    }
    if (pair.continuationIds.length === 0) {
      throw new ToolkitError(
        `${nameOf(id)}: a continuation is empty`,
        'USAGE',
        'Give at least one character.',
      );
    }
    if (withEnd) pair = { ...pair, continuationIds: [...pair.continuationIds, this.endOfText()] };
    assertReadable(pair.promptIds, model.shape, nameOf(id));
    // What is scored may fill the context to its end: nothing comes after the last token.
    assertReadable([...pair.promptIds, ...pair.continuationIds].slice(1), model.shape, nameOf(id));
    return pair;
  }

  /** The token that rows are closed with where a model is trained on them. */
  private endOfText(): number {
    const [end] = this.source.tokenizer.endOfSequenceIds;
    if (end !== undefined) return end;
    throw new ToolkitError(
      `${this.id}: has no token for the end of a text, which is to be scored`,
      'UNSUPPORTED',
      'Score the choices alone.',
    );
  }

  /** Does something that computes once all before it is done. */
  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.turn.then(action, action);
    this.turn = result;
    return result;
  }

  private async generate(batch: readonly LocalPrompt[], signal: AbortSignal): Promise<Completion[]> {
    const { tokenizer } = this.source;
    const { clock } = this.ports;
    const { settings } = batch[0]!;
    if ((settings.beams ?? 1) > 1) return [await this.search(batch[0]!, signal)];
    const prompts = batch.map(({ tokenIds }) => tokenIds);
    const { model } = await this.load(signal);
    const cache = await model.createCache(batch.length, lengthNeeded(prompts, settings));
    try {
      const began = clock.now();
      const ends: number[] = [];
      const completions = await generateInCache(model, tokenizer, cache, prompts, settings, {
        signal,
        onToken: ({ prompt, finishReason }) => {
          if (finishReason !== undefined) ends[prompt] = clock.now();
        },
      });
      signal.throwIfAborted();
      return completions.map(({ text, finishReason, promptTokens, completionTokens }, row) => ({
        text,
        // Nothing interrupts but the signal.
        finishReason: finishReason as FinishReason,
        promptTokens,
        completionTokens,
        costUsd: null,
        latencySeconds: (ends[row]! - began) / 1000,
      }));
    } finally {
      cache.dispose();
    }
  }

  private async search({ tokenIds, settings }: LocalPrompt, signal: AbortSignal): Promise<Completion> {
    const { model } = await this.load(signal);
    const began = this.ports.clock.now();
    const { tokenizer } = this.source;
    const beams = settings.beams!;
    const found = await beamSearch(model, tokenizer, tokenIds, { ...settings, beams }, { signal });
    const { text, finishReason, promptTokens, completionTokens } = found;
    return {
      ...{ text, finishReason: finishReason as FinishReason, promptTokens, completionTokens, costUsd: null },
      latencySeconds: (this.ports.clock.now() - began) / 1000,
    };
  }

  private async score(
    batch: readonly (readonly ScoredSequence[])[],
    signal: AbortSignal,
  ): Promise<number[][]> {
    const { scorer } = await this.load(signal);
    const losses = await (
      await scorer()
    ).score(batch.flat(), () => {
      signal.throwIfAborted();
    });
    return batch.map(({ length }) => losses.splice(0, length));
  }

  private async vectors(
    batch: readonly (readonly (readonly number[])[])[],
    signal: AbortSignal,
  ): Promise<Float32Array[][]> {
    const { model } = await this.load(signal);
    const vectors = await embedTexts(model, batch.flat(), { signal });
    return batch.map(({ length }) => vectors.splice(0, length));
  }

  /** Reads each prompt once, and of a continuation only as much as greedy decoding agrees with. */
  private async whichAreGreedy(
    pairs: readonly EncodedPair[],
    signal: AbortSignal | undefined,
  ): Promise<boolean[]> {
    const { model } = await this.load(signal);
    const lengths = pairs.map(({ promptIds, continuationIds }) => promptIds.length + continuationIds.length);
    const cache = await model.createCache(1, Math.max(...lengths));
    try {
      const answers: boolean[] = [];
      for (const { promptIds, continuationIds } of pairs) {
        const read = [...promptIds];
        let agrees = true;
        for (const id of continuationIds) {
          const [logits] = await model.prefill(cache, [read], signal);
          agrees = logits!.indexOf(logits!.reduce((a, b) => Math.max(a, b))) === id;
          if (!agrees) break;
          read.push(id);
        }
        answers.push(agrees);
      }
      return answers;
    } finally {
      cache.dispose();
    }
  }

  private load(signal: AbortSignal | undefined): Promise<LoadedModel> {
    this.loaded ??= this.loadNow(signal).catch((error: unknown) => {
      this.loaded = undefined;
      throw error;
    });
    return this.loaded;
  }

  private async loadNow(signal: AbortSignal | undefined): Promise<LoadedModel> {
    const { files, onProgress, createEngine } = this.ports;
    this.engine ??= createEngine();
    return loadBothForms(files, this.source, await this.engine, onProgress, signal);
  }
}

function nameOf(id: string | undefined): string {
  return id === undefined ? 'the prompt' : `the prompt of ${quoteName(id)}`;
}

/** Models in folders: checkpoints, adapters, and what training runs made. */
export const local: ProviderKind = {
  name: 'local',
  form: 'local:FOLDER',
  options: ['adapter'],
  async open(location, { adapter }, ports) {
    return new LocalProvider(
      location,
      await openModelSource(ports.files, { model: location, adapter }),
      ports,
    );
  },
};
