import { ToolkitError } from '../../errors/toolkit-error.js';
import type { ChatMessage } from '../../tokenizers/chat-message.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { cutChatTemplate, type RenderChat } from './cut-chat-template.js';
import { executeChat } from './execute-chat.js';
import { parseGoTemplate } from './go-template.js';
import { isQuotable } from './modelfile.js';
import { stopStrings } from './stop-strings.js';
import { writeGoTemplate } from './write-go-template.js';

/** What a Modelfile says of conversations. */
export interface DerivedTemplate {
  /** Absent where no Go template writes what the chat template writes. */
  readonly template: string | undefined;
  readonly system: string | undefined;
  readonly stop: readonly string[];
  /** What users should know, as sentences. */
  readonly notes: readonly string[];
}

/** Of a model without a chat template: the prompt as it is. */
const PLAIN_TEMPLATE = '{{ .Prompt }}';

const turn = (role: string, content: string): ChatMessage => ({ role, content });

/** Conversations that the derived template must write as the original does; contents are of all sorts. */
const PROOFS: readonly (readonly ChatMessage[])[] = [
  [turn('user', 'Hello, {{ .Role }} "world"!')],
  [turn('user', 'One\n\nTwo'), turn('assistant', '### Three\n- four'), turn('user', '“five” 六 🙂')],
  [turn('system', 'Be <brief> & "kind".'), turn('user', '1 + 1 = ?')],
  [
    turn('system', 'A\nB'),
    turn('user', 'a'),
    turn('assistant', 'b'),
    turn('user', 'c'),
    turn('assistant', 'd'),
    turn('user', 'e'),
    turn('assistant', 'f'),
    turn('user', 'g'),
  ],
];

/** White space around contents, which some templates take away. */
const PADDED: readonly ChatMessage[] = [turn('user', ' padded \n')];

/** Id of a token that stands before every prompt, whatever the prompt is. */
function addedBegin(tokenizer: Tokenizer): string | undefined {
  const { beginOfSequenceId: id } = tokenizer;
  return id !== undefined && tokenizer.encode('a')[0] === id ? tokenizer.tokenText(id) : undefined;
}

/**
 * Derives from what a model's chat template writes the Go template that writes the same, and proves it on conversations of
 * several shapes, byte for byte.
 */
export function deriveTemplate(tokenizer: Tokenizer): DerivedTemplate {
  const begin = addedBegin(tokenizer);
  if (!tokenizer.hasChatTemplate) {
    return {
      template: PLAIN_TEMPLATE,
      system: undefined,
      stop: stopStrings(new Map(), tokenizer),
      notes: ['The model has no chat template: Ollama hands it the prompt as it is.'],
    };
  }
  const render: RenderChat = (messages) => tokenizer.renderChat(messages, { addGenerationPrompt: true });
  try {
    const cut = cutChatTemplate(render);
    const template = writeGoTemplate(cut, begin);
    const system =
      cut.defaultSystem !== undefined && isQuotable(cut.defaultSystem) ? cut.defaultSystem : undefined;
    prove(template, system, begin, render, cut.hasSystem);
    return {
      template,
      system,
      stop: stopStrings(cut.gaps, tokenizer).filter(isQuotable),
      notes: notesOf(template, system, begin, render, cut.hasSystem),
    };
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    return {
      template: undefined,
      system: undefined,
      stop: stopStrings(new Map(), tokenizer),
      notes: [
        `The Modelfile has no TEMPLATE: ${error.message}. Ollama will look for one that it knows in the GGUF file.`,
      ],
    };
  }
}

/** What a prompt is once llama.cpp has put its token before it. */
function asRead(
  template: string,
  system: string | undefined,
  begin: string | undefined,
  messages: readonly ChatMessage[],
): string {
  return (begin ?? '') + executeChat(parseGoTemplate(template), messages, system);
}

/** @throws ToolkitError `UNSUPPORTED` for a conversation that the two write differently */
function prove(
  template: string,
  system: string | undefined,
  begin: string | undefined,
  render: RenderChat,
  hasSystem: boolean,
): void {
  for (const messages of PROOFS) {
    if (!hasSystem && messages[0]!.role === 'system') continue;
    const [expected, found] = [render(messages), asRead(template, system, begin, messages)];
    if (found === expected) continue;
    if (begin !== undefined && found === begin + expected) {
      throw new ToolkitError(
        `the chat template does not begin with ${JSON.stringify(begin)}, which the tokenizer puts before every prompt`,
        'UNSUPPORTED',
      );
    }
    throw new ToolkitError(
      `the chat template changes contents: ${JSON.stringify(messages.at(-1)!.content)} is written otherwise than marked ones`,
      'UNSUPPORTED',
    );
  }
}

function notesOf(
  template: string,
  system: string | undefined,
  begin: string | undefined,
  render: RenderChat,
  hasSystem: boolean,
): string[] {
  return [
    ...(hasSystem
      ? []
      : ['The chat template refuses system prompts; Ollama leaves them out without a word.']),
    ...(asRead(template, system, begin, PADDED) === render(PADDED)
      ? []
      : ['The chat template takes white space around contents away; Ollama keeps it.']),
  ];
}
