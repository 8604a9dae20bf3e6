import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import type { ChatTurn } from '../cli/chat-loop.js';
import { createEngine } from '../cli/engine-flags.js';
import { GENERATION_FLAGS, generationOptions, MODEL_ARGUMENT } from '../cli/generation-flags.js';
import { bindInterruption } from '../cli/interruption.js';
import { standardInput, type StandardInput } from '../cli/standard-input.js';

/** A conversation, turn by turn. */
export interface ChatResult {
  readonly turns: readonly ChatTurn[];
}

/** `genai chat`: a conversation with a model in the terminal. */
export default class Chat extends BaseCommand<ChatResult> {
  static override summary = 'Talk with a model in the terminal.';

  static override description =
    'The conversation follows the model’s own chat template. /reset begins anew, /exit or Ctrl-D leaves, Ctrl-C stops ' +
    'an answer. Lines piped in are answered one by one; an error then ends the program.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> templates/starter-model --system "Answer in one sentence."',
    'echo "Who are you?" | <%= config.bin %> <%= command.id %> MODEL --json',
  ];

  static override args = MODEL_ARGUMENT;

  static override flags = {
    system: Flags.string({ summary: 'System message that the conversation begins with.' }),
    ...GENERATION_FLAGS,
  };

  async run(): Promise<ChatResult> {
    const { args, flags } = await this.parse(Chat);
    const { openChat } = await import('../lifecycle/generate/open-chat.js');
    const { chatLoop } = await import('../cli/chat-loop.js');
    const { ports } = this;
    const loading = bindInterruption(ports);
    const chat = await openChat(
      { ...args, ...generationOptions(flags), system: flags.system },
      {
        ...{ fileSystem: ports.fileSystem, signal: loading.signal },
        now: () => ports.now(),
        createEngine: () => createEngine(flags, ports.environment),
        onProgress: (event) => this.progress().update(event),
      },
    ).finally(() => loading.release());
    const screen = {
      ports,
      input: this.input,
      interactive: Boolean(this.input.isTTY) && ports.stdout.isTTY && !this.jsonEnabled(),
      print: (text: string) => this.print(text),
      note: (text: string) => this.note(text),
    };
    const turns = await chatLoop(chat.session, screen).finally(() => chat.close());
    return { turns };
  }

  /** Where lines come from. */
  protected get input(): StandardInput {
    return standardInput();
  }
}
