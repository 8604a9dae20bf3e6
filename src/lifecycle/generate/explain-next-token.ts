import type { z } from 'zod';
import {
  explainDistribution,
  type NextTokenExplanation,
} from '../../core/generation/explain-distribution.js';
import { assertReadable } from '../../core/generation/generate.js';
import { loadLanguageModel, openModelSource } from '../../core/generation/load-language-model.js';
import { parseOptions } from '../parse-options.js';
import { encodePrompts } from './encode-prompts.js';
import { generateOptionsSchema, type RunModelPorts } from './generation-options.js';

const optionsSchema = generateOptionsSchema.refine(({ prompts }) => prompts.length === 1, {
  path: ['prompts'],
  message: 'give one prompt: the token after it is explained',
});

/** Options of {@link explainNextToken}. */
export type ExplainNextTokenOptions = z.input<typeof optionsSchema>;

/**
 * Explains how the token after a prompt is chosen, instead of choosing it.
 *
 * @throws ToolkitError as `generateText`, and `USAGE` for several prompts
 */
export async function explainNextToken(
  options: ExplainNextTokenOptions,
  ports: Omit<RunModelPorts, 'onToken'>,
): Promise<NextTokenExplanation> {
  const chosen = parseOptions(optionsSchema, options);
  const { fileSystem, signal, onProgress } = ports;
  const source = await openModelSource(fileSystem, chosen);
  const [promptTokenIds] = (await encodePrompts(source, chosen, ports.now())) as [number[]];
  assertReadable(promptTokenIds, source.model.shape);
  const engine = await ports.createEngine();
  try {
    const model = await loadLanguageModel(fileSystem, source, engine, onProgress, signal);
    const cache = await model.createCache(1, promptTokenIds.length + 1);
    const [logits] = await model.prefill(cache, [promptTokenIds], signal);
    cache.dispose();
    await model.dispose();
    const tokenText = (id: number): string => source.tokenizer.decode([id]);
    return explainDistribution({ logits: logits!, promptTokenIds, tokenText }, chosen);
  } finally {
    await engine.dispose();
  }
}
