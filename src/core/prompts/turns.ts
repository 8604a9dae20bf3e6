import { ToolkitError } from '../errors/toolkit-error.js';

/** A turn as the body of a chat prompt has it. */
export interface Turn {
  /** `undefined` in a plain prompt. */
  readonly role: 'system' | 'user' | 'assistant' | undefined;
  /** Whether it is repeated for every example. */
  readonly isExample: boolean;
  readonly source: string;
  /** The line of the file on which its text begins. */
  readonly line: number;
}

const HEADING = /^# (example )?(system|user|assistant)[^\S\n]*$/;

/**
 * Divides the body of a chat prompt at its headings: lines that are `# user`, `# assistant`, `# example user` or
 * `# example assistant` and nothing else. A body without any is what the user says.
 *
 * @param line of the file on which the body begins
 * @throws ToolkitError `USAGE` with the line, where the turns are in no order that can be answered
 */
export function splitTurns(body: string, where: string, line: number): Turn[] {
  const turns: (Turn & { lines: string[] })[] = [];
  const before: string[] = [];
  const refuse = (at: number, what: string, hint: string): never => {
    throw new ToolkitError(`${where}:${at}: ${what}`, 'USAGE', hint);
  };
  for (const [index, text] of body.split('\n').entries()) {
    const match = HEADING.exec(text);
    if (match === null) {
      (turns.at(-1)?.lines ?? before).push(text);
      continue;
    }
    const role = match[2] as 'system' | 'user' | 'assistant';
    if (role === 'system') {
      refuse(line + index, 'a system message is not a turn', 'Write it as system: in the front matter.');
    }
    turns.push({ role, isExample: match[1] !== undefined, source: '', line: line + index + 1, lines: [] });
  }
  if (turns.length === 0) return [{ role: 'user', isExample: false, source: body, line }];
  if (before.some((text) => text.trim() !== '')) {
    refuse(line, 'text stands before the first turn', 'Put # user above it.');
  }
  const examples = turns.flatMap(({ isExample }, index) => (isExample ? [index] : []));
  const [first, last] = [examples[0] ?? 0, examples.at(-1) ?? 0];
  if (examples.length > 0) {
    const isInOnePiece = last - first === examples.length - 1;
    if (!isInOnePiece || turns[first]!.role !== 'user' || turns[last]!.role !== 'assistant') {
      refuse(
        turns[first]!.line - 1,
        'the turns of an example do not stand together, from # example user to # example assistant',
        'Write an example once; it is repeated for each that is given.',
      );
    }
  }
  const end = turns.at(-1)!;
  if (end.role !== 'user' || end.isExample) {
    refuse(end.line - 1, 'the last turn is not # user', 'End with what the model is to answer.');
  }
  return turns.map(({ lines, ...turn }) => ({ ...turn, source: lines.join('\n') }));
}
