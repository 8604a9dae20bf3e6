import process from 'node:process';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { sanitizeForTerminal } from './terminal-text.js';

/** One of the answers to choose from. */
export interface Choice<Value> {
  readonly name: string;
  readonly value: Value;
  /** Shown while the choice is under the cursor. */
  readonly description?: string;
}

/** How a line of text is asked for. */
export interface TextQuestion {
  readonly default?: string;
  /** Whether the default stands in the line to be edited, rather than beside it to be taken or replaced. */
  readonly isEdited?: boolean;
  /** Why the answer will not do; `undefined` where it will. */
  readonly problem?: (answer: string) => string | undefined;
}

/** Questions to the person at the terminal. */
export interface Prompts {
  /** Whether somebody is there to answer: input and output both are a terminal. */
  readonly interactive: boolean;
  choose<Value>(message: string, choices: readonly Choice<Value>[], preset?: Value): Promise<Value>;
  chooseSeveral<Value>(
    message: string,
    choices: readonly Choice<Value>[],
    preset?: readonly Value[],
  ): Promise<Value[]>;
  text(message: string, question?: TextQuestion): Promise<string>;
  confirm(message: string, preset: boolean): Promise<boolean>;
}

/** Asks one question; inquirer's own types tie every question to the names of its answers, of which here is one. */
async function ask<Answer>(question: {
  readonly type: 'select' | 'checkbox' | 'input' | 'confirm';
  readonly message: string;
  readonly [setting: string]: unknown;
}): Promise<Answer> {
  const { default: inquirer } = await import('inquirer');
  type Questions = Parameters<typeof inquirer.prompt>[0];
  try {
    const { answer } = (await inquirer.prompt([{ ...question, name: 'answer' }] as unknown as Questions)) as {
      answer: Answer;
    };
    return answer;
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') {
      throw new ToolkitError(
        'Stopped before the last question was answered',
        'INTERRUPTED',
        undefined,
        error,
      );
    }
    throw error;
  }
}

function shown<Value>(choices: readonly Choice<Value>[], checked?: readonly Value[]) {
  return choices.map(({ name, value, description }) => ({
    name: sanitizeForTerminal(name),
    value,
    ...(description !== undefined && { description: sanitizeForTerminal(description) }),
    ...(checked?.includes(value) && { checked: true }),
  }));
}

/** Choices in view at once. */
const PAGE = 12;

/** Prompts that take the keys of the terminal. */
export const terminalPrompts: Prompts = {
  get interactive() {
    return process.stdin.isTTY && process.stdout.isTTY;
  },
  choose: (message, choices, preset) =>
    ask({ type: 'select', message, choices: shown(choices), default: preset, pageSize: PAGE }),
  chooseSeveral: (message, choices, preset) =>
    ask({ type: 'checkbox', message, choices: shown(choices, preset), pageSize: PAGE }),
  text: (message, question) =>
    ask({
      ...{ type: 'input', message },
      ...(question?.default !== undefined && { default: question.default }),
      ...(question?.isEdited === true && { prefill: 'editable' }),
      validate: (answer: string) => question?.problem?.(answer) ?? true,
    }),
  confirm: (message, preset) => ask({ type: 'confirm', message, default: preset }),
};
