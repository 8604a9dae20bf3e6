import type { ChatSession } from '../core/generation/chat-session.js';
import type { Completion, FinishReason } from '../core/generation/generate.js';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { bindInterruption } from './interruption.js';
import { LineInput } from './line-input.js';
import type { Ports } from './ports.js';
import type { StandardInput } from './standard-input.js';
import { sanitizeForTerminal, sanitizeLinesForTerminal } from './terminal-text.js';

/** One question and its answer. */
export interface ChatTurn {
  readonly user: string;
  readonly assistant: string;
  readonly finish_reason: FinishReason;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** Where a conversation is read and written. */
export interface ChatScreen {
  readonly ports: Ports;
  readonly input: StandardInput;
  /** Whether a person is there, who is prompted and can react to what goes wrong. */
  readonly interactive: boolean;
  /** Writes an answer. */
  readonly print: (text: string) => void;
  /** Writes a remark. */
  readonly note: (text: string) => void;
}

/** What can be typed in place of a message. */
const HELP = [
  '/reset  forget the conversation',
  '/help   show this',
  '/exit   leave; so does Ctrl-D',
  'Ctrl-C stops an answer, pressed again it quits.',
].join('\n');

/**
 * Talks until the input ends.
 *
 * @returns all turns, those before a reset too
 * @throws ToolkitError `CONTEXT_OVERFLOW` or `INTERRUPTED` when nobody is there to go on after it
 */
export async function chatLoop(session: ChatSession, screen: ChatScreen): Promise<ChatTurn[]> {
  const { interactive, note, ports } = screen;
  const input = new LineInput(screen.input, {
    interactive,
    prompt: '> ',
    interruptHint: 'Ctrl-C again quits; /help shows the commands.',
  });
  const turns: ChatTurn[] = [];
  if (interactive) note('Type a message, or /help.');
  try {
    while (!ports.stdout.closed) {
      const text = (await input.next())?.trim();
      if (text === undefined || text === '/exit') break;
      if (text === '/help') note(HELP);
      else if (text === '/reset') {
        session.reset();
        note('The conversation is forgotten.');
      } else if (/^\/\w+$/.test(text)) note(`${sanitizeForTerminal(text)} is no command; see /help.`);
      else if (text !== '') {
        const completion = await answer(session, text, screen);
        if (completion !== undefined) turns.push(describe(text, completion));
      }
    }
  } finally {
    input.close();
  }
  return turns;
}

/** One answer, written as it comes; `undefined` when the conversation has become too long for it. */
async function answer(
  session: ChatSession,
  text: string,
  { ports, interactive, print, note }: ChatScreen,
): Promise<Completion | undefined> {
  const interruption = bindInterruption(ports);
  const { signal } = interruption;
  try {
    const completion = await session.reply(text, {
      signal,
      onToken: (token) => {
        print(sanitizeLinesForTerminal(token.text));
      },
    });
    print('\n');
    if (!interactive) signal.throwIfAborted();
    if (interactive && completion.finishReason === 'length') {
      const { promptTokens, completionTokens } = completion;
      note(
        promptTokens + completionTokens < session.contextLength
          ? `(The answer was cut off after ${completionTokens} tokens; see --max-new-tokens.)`
          : '(The context window is full. Type /reset to begin a new conversation.)',
      );
    }
    return completion;
  } catch (error) {
    if (!interactive || !(error instanceof ToolkitError) || error.code !== 'CONTEXT_OVERFLOW') throw error;
    note(`${error.message}. Type /reset to begin a new conversation.`);
    return undefined;
  } finally {
    interruption.release();
  }
}

function describe(user: string, completion: Completion): ChatTurn {
  const { text, finishReason, promptTokens, completionTokens } = completion;
  return {
    user,
    assistant: text,
    finish_reason: finishReason,
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
  };
}
