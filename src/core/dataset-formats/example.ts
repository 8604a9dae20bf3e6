import type { ChatMessage } from '../tokenizers/chat-message.js';

/** A conversation; what the assistant says is learnt from. */
export interface ChatExample {
  readonly kind: 'chat';
  readonly messages: readonly ChatMessage[];
}

/** A text and how it goes on; the completion is learnt from. */
export interface PromptCompletionExample {
  readonly kind: 'prompt-completion';
  readonly prompt: string;
  readonly completion: string;
}

/** A text that is learnt from as a whole. */
export interface TextExample {
  readonly kind: 'text';
  readonly text: string;
}

/** What a dataset row of any format becomes. */
export type Example = ChatExample | PromptCompletionExample | TextExample;
