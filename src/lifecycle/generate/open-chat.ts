import type { z } from 'zod';
import { ChatSession } from '../../core/generation/chat-session.js';
import { loadLanguageModel, openModelSource } from '../../core/generation/load-language-model.js';
import { encodeChat } from '../../core/generation/prompts.js';
import { parseOptions } from '../parse-options.js';
import { generationOptionsSchema, seedFrom, type RunModelPorts } from './generation-options.js';

/** Options of {@link openChat}. */
export type OpenChatOptions = z.input<typeof generationOptionsSchema>;

/** A model that waits to be talked to. */
export interface Chat {
  readonly session: ChatSession;
  /** Frees the model. */
  close(): Promise<void>;
}

/**
 * Makes a model ready for a conversation in its own chat template.
 *
 * @throws ToolkitError `USAGE` that lists all bad options; `UNSUPPORTED` for a model without a chat template
 */
export async function openChat(
  options: OpenChatOptions,
  ports: Omit<RunModelPorts, 'onToken'>,
): Promise<Chat> {
  const { system, seed, ...settings } = parseOptions(generationOptionsSchema, options);
  const { fileSystem, signal, onProgress } = ports;
  const source = await openModelSource(fileSystem, settings);
  const now = new Date(ports.now());
  // A template that is not there, or refuses the system message, says so before the weights are loaded.
  const opening = system === undefined ? [] : [{ role: 'system', content: system }];
  encodeChat(source.tokenizer, [...opening, { role: 'user', content: 'Hello' }], now);
  const engine = await ports.createEngine();
  try {
    const model = await loadLanguageModel(fileSystem, source, engine, onProgress, signal);
    const session = new ChatSession(model, source.tokenizer, {
      ...settings,
      system,
      now,
      seed: seed ?? seedFrom(ports.now()),
    });
    return {
      session,
      async close() {
        session.dispose();
        await model.dispose();
        await engine.dispose();
      },
    };
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}
