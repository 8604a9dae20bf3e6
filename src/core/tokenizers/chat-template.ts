import { ToolkitError } from '../errors/toolkit-error.js';
import type { ChatMessage } from './chat-message.js';
import { loadJinja, type JinjaProgram } from './jinja-library.js';
import { strftime } from './strftime.js';

/** What a chat template is rendered with besides the messages. */
export interface RenderChatOptions {
  /** Ends the text where the model is to answer. */
  readonly addGenerationPrompt: boolean;
  /**
   * What the template's `strftime_now` tells. Without it that function is undefined, so that training rows do not
   * depend on the day: templates that ask `strftime_now is defined` fall back to their own date.
   */
  readonly now?: Date;
  /** Further variables that a template may know, e.g. `{ enable_thinking: false }`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** A compiled chat template. */
export interface ChatTemplate {
  /**
   * @throws ToolkitError `USAGE` when the template itself refuses the messages (its `raise_exception`), `UNSUPPORTED`
   * when it needs something this engine lacks
   */
  render(messages: readonly ChatMessage[], options: RenderChatOptions): string;
}

/** The longest `range()` a template may ask for, as in Jinja's sandbox (`jinja2.sandbox.MAX_RANGE`). */
const MAXIMUM_RANGE = 100_000;

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= MAXIMUM_RANGE)) throw new Error(`range() of more than ${MAXIMUM_RANGE} numbers`);
  return Array.from({ length }, (_, index) => start + index * step);
}

/**
 * Compiles a Jinja chat template with the settings and functions that `transformers` gives it (`trim_blocks`,
 * `lstrip_blocks`, `raise_exception`, `strftime_now`, the special tokens by name). One known difference of
 * `@huggingface/jinja`: a bare boolean is written `true`, not `True`.
 *
 * @param where file the template came from, for errors
 * @param specialTokens `bos_token`, `eos_token` and so on
 * @throws ToolkitError `BAD_CHECKPOINT` when it is not a valid template
 */
export async function compileChatTemplate(
  source: string,
  where: string,
  specialTokens: Readonly<Record<string, string>>,
): Promise<ChatTemplate> {
  const { Environment, Interpreter, parse, tokenize } = await loadJinja();
  let program: JinjaProgram;
  try {
    program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    throw new ToolkitError(
      `${where}: the chat template cannot be parsed (${(error as Error).message})`,
      'BAD_CHECKPOINT',
      'Get the file again, or put a working template into chat_template.jinja beside it.',
      error,
    );
  }

  return {
    render(messages, { addGenerationPrompt, now, variables }) {
      const globals = new Environment();
      const constants = { true: true, True: true, false: false, False: false, none: null, None: null };
      for (const [name, value] of Object.entries(constants)) globals.set(name, value);
      globals.set('range', range);
      globals.set('raise_exception', (message: unknown) => {
        throw new ToolkitError(
          `${where}: the model's chat template refuses the messages: ${String(message)}`,
          'USAGE',
          'Change the roles or their order to what this model was trained on.',
        );
      });
      if (now !== undefined) globals.set('strftime_now', (format: string) => strftime(now, format));

      const scope = new Environment(globals);
      const given = {
        // transformers passes these two even when there are none.
        tools: null,
        documents: null,
        ...specialTokens,
        ...variables,
        messages: messages.map(({ role, content }) => ({ role, content })),
        add_generation_prompt: addGenerationPrompt,
      };
      for (const [name, value] of Object.entries(given)) scope.set(name, value);
      try {
        return new Interpreter(scope).run(program).value;
      } catch (error) {
        if (error instanceof ToolkitError) throw error;
        throw new ToolkitError(
          `${where}: the chat template cannot be rendered (${(error as Error).message})`,
          'UNSUPPORTED',
          'It may need today’s date, tools or a variable that was not given; chat_template.jinja may replace it.',
          error,
        );
      }
    },
  };
}
