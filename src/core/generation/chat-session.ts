import type { ChatMessage } from '../tokenizers/chat-message.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import {
  assertReadable,
  generateInCache,
  lengthNeeded,
  type Completion,
  type GenerationPorts,
  type GenerationSettings,
} from './generate.js';
import { encodeChat } from './prompts.js';
import type { TextCache, TextModel } from './text-model.js';

/** What a conversation starts from. */
export interface ChatSettings extends GenerationSettings {
  /** The system message, if there is one. */
  readonly system?: string | undefined;
  /** The day that the chat template may tell the model. */
  readonly now?: Date | undefined;
}

/** A conversation with a model; each turn reads only what is new in it. */
export class ChatSession {
  private turns: ChatMessage[] = [];
  private turnCount = 0;
  private cache: TextCache | undefined;

  constructor(
    private readonly model: TextModel,
    private readonly tokenizer: Tokenizer,
    private readonly settings: ChatSettings,
  ) {}

  /** Tokens that the conversation can have, its next answer included. */
  get contextLength(): number {
    return this.model.contextLength;
  }

  /** The conversation so far, system message included. */
  get messages(): readonly ChatMessage[] {
    const { system } = this.settings;
    return system === undefined ? this.turns : [{ role: 'system', content: system }, ...this.turns];
  }

  /**
   * Says something and returns the answer. An answer cut off by the signal stays in the conversation as it is; one that
   * had not begun is forgotten along with what was said.
   *
   * @throws ToolkitError `CONTEXT_OVERFLOW` when the conversation has become too long: it is then as before
   */
  async reply(text: string, ports: GenerationPorts = {}): Promise<Completion> {
    const question: ChatMessage = { role: 'user', content: text };
    const prompt = encodeChat(this.tokenizer, [...this.messages, question], this.settings.now);
    assertReadable(prompt, this.model.model.shape, 'the conversation');
    const cache = await this.cacheFor(lengthNeeded([prompt], this.settings));
    const [completion] = await generateInCache(
      this.model,
      this.tokenizer,
      cache,
      [prompt],
      this.settings,
      ports,
      this.turnCount++,
    );
    if (completion!.completionTokens > 0) {
      this.turns.push(question, { role: 'assistant', content: completion!.text });
    }
    return completion!;
  }

  /** Forgets all but the system message. */
  reset(): void {
    this.turns = [];
  }

  dispose(): void {
    this.cache?.dispose();
    this.cache = undefined;
  }

  /** The cache, or a larger one; a new one is filled by reading the whole conversation once more. */
  private async cacheFor(length: number): Promise<TextCache> {
    const needed = Math.min(length, this.model.contextLength);
    if (this.cache !== undefined && this.cache.capacity >= needed) return this.cache;
    this.dispose();
    this.cache = await this.model.createCache(1, length);
    return this.cache;
  }
}
