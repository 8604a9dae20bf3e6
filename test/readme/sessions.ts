/** What README.md shows of the command line, and what may differ when it is run again. */

/** A command of a `console` block and what it shows as printed. */
export interface SessionCommand {
  /** Line of README.md, counted from 1. */
  readonly line: number;
  /** As typed, continuation lines joined. */
  readonly command: string;
  readonly output: readonly string[];
}

/** A line that stands for any number of lines left out. */
const ELLIPSIS = '…';

interface Block {
  readonly language: string;
  /** Line of README.md on which its text begins, counted from 1. */
  readonly line: number;
  readonly text: readonly string[];
}

function codeBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; language: string; line: number; text: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, fence, language] = /^\s*(`{3,})\s*([\w-]*)/.exec(line) ?? [];
    if (open === undefined && fence !== undefined) {
      open = { fence, language: language ?? '', line: index + 2, text: [] };
    } else if (open !== undefined && line.trim() === open.fence) {
      blocks.push(open);
      open = undefined;
    } else {
      open?.text.push(line);
    }
  }
  return blocks;
}

/**
 * The commands of a block, lines that end in a backslash joined with the next.
 * @param begins whether a line that continues no other begins a command; if not, it is what the last one printed
 */
function commandsOf({ line, text }: Block, begins: (content: string) => boolean): SessionCommand[] {
  const commands: { line: number; command: string; output: string[] }[] = [];
  let continues = false;
  for (const [index, content] of text.entries()) {
    const last = commands.at(-1);
    const typed = content.replace(/^\$ /, '').replace(/\s*\\$/, '');
    const isTyped: boolean = continues || begins(content);
    if (continues) last!.command += ` ${typed.trim()}`;
    else if (isTyped) commands.push({ line: line + index, command: typed, output: [] });
    else if (last !== undefined) last.output.push(content);
    else throw new Error(`README.md:${line}: the block must begin with a command`);
    continues = isTyped && content.endsWith('\\');
  }
  for (const { output } of commands) while (output.at(-1)?.trim() === '') output.pop();
  return commands;
}

/** The commands of every `console` block: lines that start with `$ `, each followed by what it prints. */
export function readSessions(markdown: string): SessionCommand[] {
  return codeBlocks(markdown)
    .filter(({ language }) => language === 'console')
    .flatMap((block) => commandsOf(block, (content) => content.startsWith('$ ')));
}

/** The lines of every `sh` block, which show what to type but not what is printed. */
export function readShellLines(markdown: string): SessionCommand[] {
  return codeBlocks(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap((block) => commandsOf(block, () => true))
    .filter(({ command }) => command.trim() !== '');
}

/** One word: pieces in double quotes, in single quotes, in `$'…'` with escapes, or bare. */
const WORD = /\s*(?:#.*$|((?:"[^"]*"|\$?'[^']*'|[^\s"'#|<>;&$`]+)+))/gy;

/**
 * The words of a command line, a comment at its end left out.
 * @throws Error for shell syntax other than quotes: a session is run without a shell
 */
export function splitWords(command: string): string[] {
  const words: string[] = [];
  WORD.lastIndex = 0;
  while (WORD.lastIndex < command.trimEnd().length) {
    const start = WORD.lastIndex;
    const match = WORD.exec(command);
    if (match === null) throw new Error(`cannot be run without a shell: ${command.slice(start)}`);
    if (match[1] === undefined) continue;
    words.push(
      match[1].replaceAll(/"([^"]*)"|(\$?)'([^']*)'/g, (_, double?: string, dollar?: string, single = '') =>
        dollar === '$' ? single.replaceAll('\\n', '\n') : (double ?? single),
      ),
    );
  }
  return words;
}

/** The command line without the ways to call the toolkit from a checkout: `npx genai` and `node bin/run.js`. */
export function asInstalled(command: string): string {
  return command.replace(/^(?:npx genai|node bin\/run\.js)(?= |$)/, 'genai');
}

/**
 * What differs from run to run and from machine to machine; all else must be as README.md says.
 * A masked number shows as `#`, and spaces count as one, since columns are as wide as their numbers.
 */
const VARYING: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'times', pattern: /\d[\d,.]*(?= (?:ms|s|min|h|days)\b)/g },
  { what: 'rates', pattern: /\d[\d,.]*(?= (?:tokens\/s|rows\/s|GFLOP\/s)(?![\w/]))/g },
  { what: 'memory that a run took', pattern: /(?<=peak memory\D*)\d[\d,.]* [kMG]i?B\b/g },
];

/** A line with what varies masked. */
export function maskVarying(line: string): string {
  return VARYING.reduce((text, { pattern }) => text.replace(pattern, '#'), line)
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** A line with every number masked, and the bars that draw them: for what is learnt anew. */
export function maskFigures(line: string): string {
  return maskVarying(line.replaceAll(/[█▉▊▋▌▍▎▏]+/g, '').replaceAll(/\d[\d,.]*\d|\d/g, '#'));
}

/**
 * Puts an ellipsis into what was printed wherever README.md has one, so that the two can be compared line by line.
 * Lines that README.md does not elide stay, and make the comparison fail.
 */
export function elideAs(expected: readonly string[], printed: readonly string[]): string[] {
  const elided: string[] = [];
  let next = 0;
  for (const [index, line] of expected.entries()) {
    if (line !== ELLIPSIS) {
      elided.push(...printed.slice(next, next + 1));
      next++;
      continue;
    }
    const resume = expected[index + 1];
    const found = resume === undefined ? printed.length : printed.indexOf(resume, next);
    if (found === -1) break;
    elided.push(ELLIPSIS);
    next = found;
  }
  return [...elided, ...printed.slice(next)];
}

/** What a terminal shows of the text written to it: of a line that is drawn over and over, the last state. */
export function screenLines(written: string): string[] {
  const lines = written.split('\n').map((line) =>
    line
      .slice(line.lastIndexOf('\r') + 1)
      .replaceAll('\u001b[K', '')
      .trimEnd(),
  );
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
