import type { Interfaces } from '@oclif/core';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { didYouMean } from '../core/near-matches.js';

/**
 * The error for words that name no command.
 * @param id the words as oclif joins them, e.g. `estimate:memori:7B`; arguments may hang on
 */
export function unknownCommandError(id: string, config: Interfaces.Config): ToolkitError {
  const typed = id.split(':');
  const commands = config.commands
    .filter((command) => !command.hidden)
    .map((command) => command.id.split(':'));
  // As many typed words as name topics, and the first that does not.
  let topic: string[] = [];
  while (
    commands.some((words) => words.length > topic.length && isPrefix(typed.slice(0, topic.length + 1), words))
  ) {
    topic = typed.slice(0, topic.length + 1);
  }
  const unknown = typed.slice(0, topic.length + 1).join(' ');
  // A command of two words is compared with the first two words typed.
  const suggestion = commands
    .map((words) => ({ typed: typed.slice(0, words.length).join(' '), command: words.join(' ') }))
    .map((pair) => didYouMean(pair.typed, [pair.command]) && `${config.bin} ${pair.command}`)
    .filter((text) => text !== undefined);
  // A topic that is a command itself says less than the command below it that is near too.
  const closest = suggestion.filter((text) => !suggestion.some((longer) => longer.startsWith(`${text} `)));
  const help = `\`${[config.bin, ...topic].join(' ')} --help\` lists the commands.`;
  const near = closest.length > 0 ? `Did you mean \`${closest.slice(0, 3).join('` or `')}\`? ` : '';
  return new ToolkitError(`There is no command \`${config.bin} ${unknown}\``, 'USAGE', near + help);
}

/** Whether a word that follows a topic is meant for one of its commands: it is one of them, or near one. */
export function isMeantForCommand(word: string, topic: string, config: Interfaces.Config): boolean {
  const verbs = config.commands
    .map(({ id }) => id)
    .filter((id) => id.startsWith(`${topic}:`))
    .map((id) => id.slice(topic.length + 1));
  return verbs.includes(word) || didYouMean(word, verbs) !== undefined;
}

function isPrefix(words: readonly string[], of: readonly string[]): boolean {
  return words.every((word, index) => word === of[index]);
}
