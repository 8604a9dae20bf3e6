import type { ChatExample, Example } from '../../dataset-formats/example.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { chatPieces, type RenderChat, type TextPiece } from './chat-pieces.js';
import { encodeContinuation } from './encode-continuation.js';
import { renderPlainChat } from './plain-chat.js';

/** A dataset row as a model is trained on it. */
export interface EncodedRow {
  readonly tokenIds: Int32Array;
  /** 1 where the token itself is learnt, that is where it is a target. The first token never is: nothing precedes it. */
  readonly supervised: Uint8Array;
  /** Tokens at the end were cut off. */
  readonly truncated: boolean;
}

/** How examples become rows. */
export interface EncodeSettings {
  /** Learn the answers (of the assistant, or the completion), or every token. A plain text is always learnt as a whole. */
  readonly lossOn: 'answer' | 'all';
  /** Most tokens in a row; what is over is cut off at the end. */
  readonly sequenceLength: number;
}

/** Tokens being collected. */
interface Tokens {
  readonly ids: number[];
  readonly supervised: boolean[];
}

/** What the post-processor puts before a text, such as a begin-of-sequence token. */
function idsBeforeText(tokenizer: Tokenizer): number[] {
  const probe = 'a';
  const framed = tokenizer.encode(probe);
  const bare = tokenizer.encode(probe, { addSpecialTokens: false });
  for (let start = 0; start + bare.length <= framed.length; start++) {
    if (bare.every((id, index) => framed[start + index] === id)) return framed.slice(0, start);
  }
  return [];
}

function isEnd(tokenizer: Tokenizer, id: number | undefined): boolean {
  return id !== undefined && tokenizer.endOfSequenceIds.includes(id);
}

/**
 * @param stopAtEnd learns no further than a piece's last end-of-sequence id: generation stops there, so what a chat
 *   template writes after it (often a line break) is never generated
 */
function encodePieces(pieces: readonly TextPiece[], tokenizer: Tokenizer, stopAtEnd: boolean): Tokens {
  const ids: number[] = [];
  const supervised: boolean[] = [];
  let text = '';
  for (const piece of pieces) {
    const pieceIds = encodeContinuation(tokenizer, { text, ids }, piece.text);
    const end = stopAtEnd ? pieceIds.findLastIndex((id) => isEnd(tokenizer, id)) : -1;
    const learnt = end < 0 ? pieceIds.length : end + 1;
    pieceIds.forEach((id, index) => {
      ids.push(id);
      supervised.push(piece.supervised && index < learnt);
    });
    text += piece.text;
  }
  return { ids, supervised };
}

/** Closes a text with the first end-of-sequence id, unless it already ends so or the model has none. */
function close({ ids, supervised }: Tokens, tokenizer: Tokenizer): void {
  const [end] = tokenizer.endOfSequenceIds;
  if (end === undefined || isEnd(tokenizer, ids.at(-1))) return;
  ids.push(end);
  supervised.push(true);
}

function encodeChat(
  { messages }: ChatExample,
  tokenizer: Tokenizer,
  lossOn: EncodeSettings['lossOn'],
): Tokens {
  const render: RenderChat = (shown, addGenerationPrompt) =>
    tokenizer.hasChatTemplate
      ? tokenizer.renderChat(shown, { addGenerationPrompt })
      : renderPlainChat(shown, tokenizer, { addGenerationPrompt });
  const pieces =
    lossOn === 'all' ? [{ text: render(messages, false), supervised: true }] : chatPieces(messages, render);
  const tokens = encodePieces(pieces, tokenizer, lossOn === 'answer');
  // A template that writes nothing after an answer leaves it to training to teach where answers end.
  const answer = messages.findLast(({ role }) => role === 'assistant')?.content.trimEnd();
  if (answer && pieces.at(-1)!.text.trimEnd().endsWith(answer)) close(tokens, tokenizer);
  return tokens;
}

function encodeWhole(example: Example, tokenizer: Tokenizer, lossOn: EncodeSettings['lossOn']): Tokens {
  const begin = example.kind === 'chat' && tokenizer.hasChatTemplate ? [] : idsBeforeText(tokenizer);
  let tokens: Tokens;
  switch (example.kind) {
    case 'chat':
      tokens = encodeChat(example, tokenizer, lossOn);
      break;
    case 'prompt-completion':
      tokens = encodePieces(
        [
          { text: example.prompt, supervised: lossOn === 'all' },
          { text: example.completion, supervised: true },
        ],
        tokenizer,
        false,
      );
      close(tokens, tokenizer);
      break;
    case 'text':
      tokens = encodePieces([{ text: example.text, supervised: true }], tokenizer, false);
      close(tokens, tokenizer);
  }
  return {
    ids: [...begin, ...tokens.ids],
    supervised: [...begin.map(() => false), ...tokens.supervised],
  };
}

/**
 * Turns an example into the tokens that the model sees, and says which of them it learns.
 *
 * - Chat: the model's own chat template, which writes all special tokens itself; without one, {@link renderPlainChat}.
 *   Every answer of the assistant is learnt with its end-of-sequence token (see {@link chatPieces} for templates that
 *   rewrite what was said before).
 * - Prompt and completion: the completion is encoded as it follows on from the tokens of the prompt
 *   ({@link encodeContinuation}), and closed with the first end-of-sequence id.
 * - Text: all of it is learnt, closed in the same way.
 *
 * What the tokenizer's post-processor puts before a text is there wherever no template writes it.
 *
 * @throws ToolkitError of the chat template if it refuses the messages, or `UNSUPPORTED` if it hides the answer
 */
export function encodeExample(
  example: Example,
  tokenizer: Tokenizer,
  { lossOn, sequenceLength }: EncodeSettings,
): EncodedRow {
  const { ids, supervised } = encodeWhole(example, tokenizer, lossOn);
  return {
    tokenIds: Int32Array.from(ids.slice(0, sequenceLength)),
    supervised: Uint8Array.from(supervised.slice(0, sequenceLength), (learnt, index) =>
      learnt && index > 0 ? 1 : 0,
    ),
    truncated: ids.length > sequenceLength,
  };
}
