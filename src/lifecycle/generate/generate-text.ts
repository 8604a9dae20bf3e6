import type { z } from 'zod';
import { beamSearch } from '../../core/generation/beam-search.js';
import {
  assertReadable,
  generate,
  type Completion,
  type FinishReason,
} from '../../core/generation/generate.js';
import { loadLanguageModel, openModelSource } from '../../core/generation/load-language-model.js';
import { isSampling } from '../../core/generation/sampling.js';
import { parseOptions } from '../parse-options.js';
import { encodePrompts } from './encode-prompts.js';
import { generateOptionsSchema, seedFrom, type RunModelPorts } from './generation-options.js';

const optionsSchema = generateOptionsSchema.superRefine((options, context) => {
  const refuse = (path: keyof typeof options, message: string): void => {
    context.addIssue({ code: 'custom', path: [path], message });
  };
  if (options.beams > 1) {
    if (isSampling(options))
      refuse('beams', 'looks for the likeliest text; the options of sampling do not go with it');
  } else {
    if (options.lengthPenalty !== undefined) refuse('lengthPenalty', 'needs at least 2 beams');
    if (options.earlyStopping === true) refuse('earlyStopping', 'needs at least 2 beams');
  }
});

/** Options of {@link generateText}. */
export type GenerateTextOptions = z.input<typeof optionsSchema>;

/** The continuation of one prompt. */
export interface CompletionResult {
  readonly text: string;
  /** Every token generated, the end token included. */
  readonly token_ids: readonly number[];
  readonly finish_reason: FinishReason;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  /** Of beam search: the sum of log-probabilities over the length to the power of the length penalty. */
  readonly beam_score?: number;
}

/** Continuations in the order of the prompts. */
export interface GenerateTextResult {
  readonly completions: readonly CompletionResult[];
  /** Of all prompts together, from the first token on: reading the prompts is not counted. `null` for a single token or beams. */
  readonly tokens_per_second: number | null;
  /** `null` when nothing was drawn at random. */
  readonly seed: number | null;
}

/**
 * Continues texts with a model. Sampling defaults in a model's `generation_config.json` are not taken up: without
 * sampling options the likeliest token is always chosen, so that the same command gives the same text.
 *
 * @throws ToolkitError `USAGE` that lists all bad options; `CONTEXT_OVERFLOW` for a prompt that is too long, before the
 *   weights are loaded; `INTERRUPTED` after the signal
 */
export async function generateText(
  options: GenerateTextOptions,
  ports: RunModelPorts,
): Promise<GenerateTextResult> {
  const chosen = parseOptions(optionsSchema, options);
  const { fileSystem, signal, onProgress } = ports;
  const source = await openModelSource(fileSystem, chosen);
  const prompts = await encodePrompts(source, chosen, ports.now());
  prompts.forEach((prompt, index) => {
    assertReadable(prompt, source.model.shape, prompts.length === 1 ? undefined : `prompt ${index + 1}`);
  });
  const seed = isSampling(chosen) ? (chosen.seed ?? seedFrom(ports.now())) : null;
  const clock = new TokenClock(() => ports.now());
  const engine = await ports.createEngine();
  try {
    const model = await loadLanguageModel(fileSystem, source, engine, onProgress, signal);
    if (chosen.beams > 1) {
      const completions: CompletionResult[] = [];
      for (const [prompt, tokens] of prompts.entries()) {
        const found = await beamSearch(model, source.tokenizer, tokens, chosen, { signal });
        ports.onToken?.({ prompt, text: found.text, finishReason: found.finishReason });
        completions.push({ ...describe(found), beam_score: found.score });
      }
      await model.dispose();
      return { completions, tokens_per_second: null, seed };
    }
    const settings = { ...chosen, seed: seed ?? undefined };
    const onToken: typeof ports.onToken = (event) => {
      clock.tick();
      ports.onToken?.(event);
    };
    const completions = await generate(model, source.tokenizer, prompts, settings, { signal, onToken });
    await model.dispose();
    signal?.throwIfAborted();
    return { completions: completions.map(describe), tokens_per_second: clock.rate, seed };
  } finally {
    await engine.dispose();
  }
}

function describe({
  text,
  tokenIds,
  finishReason,
  promptTokens,
  completionTokens,
}: Completion): CompletionResult {
  return {
    text,
    token_ids: tokenIds,
    finish_reason: finishReason,
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
  };
}

/** Tells how fast tokens come after the first one. */
class TokenClock {
  private first = 0;
  private last = 0;
  private tokens = 0;

  constructor(private readonly now: () => number) {}

  tick(): void {
    this.last = this.now();
    if (this.tokens++ === 0) this.first = this.last;
  }

  get rate(): number | null {
    const seconds = (this.last - this.first) / 1000;
    return this.tokens > 1 && seconds > 0 ? (this.tokens - 1) / seconds : null;
  }
}
