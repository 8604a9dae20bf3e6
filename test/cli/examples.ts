import type { Command } from '@oclif/core';

/**
 * The examples of a command's help as command lines.
 * @param words the command's words, e.g. `estimate memory`
 * @returns one list of words for each, starting with `genai`; examples quote nothing but in double quotes
 */
export function exampleCommandLines(command: Pick<Command.Class, 'examples'>, words: string): string[][] {
  return command.examples.map((example) => {
    const text = typeof example === 'string' ? (example.trim().split('\n').at(-1) ?? '') : example.command;
    const line = text.trim().replace('<%= config.bin %>', 'genai').replace('<%= command.id %>', words);
    // Of a pipeline only the toolkit's own part.
    const own = line.slice(line.lastIndexOf('| ') + 1).trim();
    return [...own.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  });
}
