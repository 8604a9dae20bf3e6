import { ToolkitError } from '../../errors/toolkit-error.js';
import type { ChatMessage } from '../../tokenizers/chat-message.js';

/** Part of a text, with whether it is learnt from. */
export interface TextPiece {
  readonly text: string;
  readonly supervised: boolean;
}

/** A conversation as text, as a chat template makes it. */
export type RenderChat = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/** Characters `start` to `end` of a text. */
type Span = readonly [start: number, end: number];

/**
 * Where the answer `messages[index]` stands in the whole text: after the text that asks for it, up to the end of the
 * text that ends with it. `undefined` when these are not the beginning of the whole text, because the template shows
 * a conversation otherwise once it has gone on, or when it refuses them.
 */
function findAnswer(
  messages: readonly ChatMessage[],
  index: number,
  whole: string,
  render: RenderChat,
): Span | undefined {
  try {
    const before = render(messages.slice(0, index), true);
    const through = render(messages.slice(0, index + 1), false);
    if (whole.startsWith(through) && through.startsWith(before)) return [before.length, through.length];
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
  }
  return undefined;
}

/** Where the last answer stands, found by its own words. */
function findLastAnswer(content: string, whole: string): Span {
  const start = whole.lastIndexOf(content.trim());
  if (start >= 0) return [start, whole.length];
  throw new ToolkitError(
    'the chat template does not show the last answer as it is written, so what is to be learnt cannot be found',
    'UNSUPPORTED',
    'Remove what the template leaves out of answers (such as reasoning), or use rows with "prompt" and "completion".',
  );
}

/**
 * Cuts a conversation where the model's turn begins and ends: every answer, with what closes it, is supervised.
 *
 * A template that shows earlier answers otherwise than it showed them when they were given (Qwen3 removes their
 * reasoning) makes of them something the model never says; then only the last answer is supervised. Messages after
 * the last answer teach nothing and are left out; a conversation without any answer is one piece that is not
 * supervised.
 *
 * @throws ToolkitError of the template if it refuses the conversation as a whole; `UNSUPPORTED` if the last answer
 *   cannot be found in the text
 */
export function chatPieces(messages: readonly ChatMessage[], render: RenderChat): TextPiece[] {
  const answers = messages.flatMap(({ role }, index) => (role === 'assistant' ? [index] : []));
  const last = answers.at(-1);
  if (last === undefined) return [{ text: render(messages, false), supervised: false }];

  const whole = render(messages.slice(0, last + 1), false);
  const found = answers.map((index) => findAnswer(messages, index, whole, render));
  const known = found.filter((span) => span !== undefined);
  const spans =
    known.length === found.length ? known : [found.at(-1) ?? findLastAnswer(messages[last]!.content, whole)];

  const pieces: TextPiece[] = [];
  let done = 0;
  for (const [start, end] of spans) {
    pieces.push({ text: whole.slice(done, start), supervised: false });
    pieces.push({ text: whole.slice(start, end), supervised: true });
    done = end;
  }
  return pieces;
}
