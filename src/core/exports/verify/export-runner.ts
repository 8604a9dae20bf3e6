import type { ChatMessage } from '../../tokenizers/chat-message.js';

/** A token that begins or ends a text. */
export interface SpecialToken {
  readonly id: number;
  readonly text: string;
}

/** A model in one runtime: what the trained model and its export are compared by. */
export interface ExportRunner {
  /** What runs, e.g. `llama.cpp (node-llama-cpp 3.22.1)`. */
  readonly name: string;
  /** Tokens that a text may have. */
  readonly contextLength: number;
  readonly vocabulary: number;
  /** As the runtime knows them. */
  readonly begin: SpecialToken | undefined;
  readonly end: SpecialToken | undefined;
  /** Whether nothing more is generated after this token. */
  isEnd(id: number): boolean;
  /** Whether a token is none of a text's own, but begins, ends or parts texts; where the runtime tells. */
  isSpecial?(id: number): boolean;
  /** Texts that end an answer, where the export names them. */
  readonly stop?: readonly string[];
  /** @param addSpecial puts around the text what the runtime puts around prompts */
  tokenize(text: string, addSpecial: boolean): number[];
  readonly hasChatTemplate: boolean;
  /**
   * The text of a conversation that ends where the model is to answer, with all special tokens it has by the time that
   * the model reads it.
   *
   * @throws ToolkitError what the template refuses
   */
  renderChat(messages: readonly ChatMessage[]): string;
  /** The same, in tokens, by the way that the runtime goes. */
  encodeChat(messages: readonly ChatMessage[]): number[];
  /** @returns logits after each token, [vocabulary] each */
  logits(tokens: readonly number[]): Promise<Float32Array[]>;
  /** @returns the likeliest tokens one after the other, the one that ends the answer included */
  greedy(prompt: readonly number[], count: number): Promise<number[]>;
  dispose(): Promise<void>;
}
