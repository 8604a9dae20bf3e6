import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  Lexer,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type DocumentOptions,
  type ParseOptions,
  type SchemaOptions,
} from 'yaml';
import type { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Brackets within each other at most; the files of a project need one or two. */
const MOST_BRACKETS = 20;

/** Problems told at most. */
const MOST_PROBLEMS = 20;

/** Something wrong with a value, in plain words. */
export interface ValueProblem {
  readonly path: readonly string[];
  /** Names the field. */
  readonly message: string;
}

/** What a YAML text should hold. */
export interface YamlForm<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** What the text holds, for messages: `scope` as in “a scope”. */
  readonly noun: string;
  /** Its fields, in the order in which messages list them. */
  readonly keys: readonly string[];
  /** Characters at most: several times what the longest fields take together. */
  readonly mostCharacters: number;
  /** What to do about a text that is not as it should be. */
  readonly hint: string;
  /** What is wrong, from what the schema found and the value that stands there (`undefined` where none does). */
  readonly describe: (issue: z.core.$ZodIssue, value: unknown) => readonly ValueProblem[];
}

interface Problem {
  /** Position in the text, in characters. */
  readonly offset: number;
  readonly message: string;
}

/**
 * Reads a mapping from YAML 1.2 that people write by hand. Anchors, aliases and tags are refused: nothing in such a file
 * needs them.
 *
 * @param where what the text is, for the messages: its file
 * @param firstLine the line of that file on which the text begins
 * @throws ToolkitError `USAGE` that lists every problem with its line
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  where: string,
  form: YamlForm<Schema>,
  firstLine = 1,
): z.output<Schema> {
  const { noun, mostCharacters, schema, describe } = form;
  if (text.length > mostCharacters) {
    throw new ToolkitError(
      `${where}: has ${text.length.toLocaleString('en-US')} characters; a ${noun} has at most ${mostCharacters.toLocaleString('en-US')}`,
      'USAGE',
      'Is it the right file?',
    );
  }
  const lines = new LineCounter();
  const document = readDocument(text, where, noun, lines);
  let problems = yamlProblems(document, form);
  if (problems.length === 0) {
    const result = schema.safeParse(document.toJS({ maxAliasCount: 0 }));
    if (result.success) return result.data;
    problems = result.error.issues.flatMap((issue) => {
      const value: unknown = document.getIn(issue.path);
      return describe(issue, isNode(value) ? value.toJSON() : value).map(({ path, message }) => ({
        offset: keyOffset(document, path),
        message,
      }));
    });
  }
  throw invalid(where, problems, form.hint, (offset) => lines.linePos(offset).line + firstLine - 1);
}

function readDocument(text: string, where: string, noun: string, lineCounter: LineCounter): Document.Parsed {
  const options: ParseOptions & DocumentOptions & SchemaOptions = {
    ...{ version: '1.2', schema: 'core', merge: false, stringKeys: true, uniqueKeys: true },
    ...{ prettyErrors: false, logLevel: 'error', lineCounter },
  };
  if (!isDeep(text)) return parseDocument(text, options);
  throw new ToolkitError(
    `${where}: brackets stand within brackets, more than ${MOST_BRACKETS} deep`,
    'USAGE',
    `A ${noun} is groups of fields, one deep. Is it the right file?`,
  );
}

/** Whether flow collections nest so deep that the parser, which descends into each, would run out of stack. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth > MOST_BRACKETS) return true;
  }
  return false;
}

/** What the parser says in words of its own programming interface. */
const PLAIN_WORDS: Readonly<Record<string, (noun: string) => string>> = {
  DUPLICATE_KEY: () => 'the same key stands here twice',
  MULTIPLE_DOCS: (noun) => `a second document begins here; a file holds one ${noun}`,
  NON_STRING_KEY: () => 'a key must be text',
};

/** What keeps the text from being plain YAML that holds a mapping. */
function yamlProblems(
  document: Document.Parsed,
  { noun, keys }: Pick<YamlForm<z.ZodType>, 'noun' | 'keys'>,
): Problem[] {
  const problems: Problem[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    offset: pos[0],
    message: PLAIN_WORDS[code]?.(noun) ?? message,
  }));
  if (problems.length > 0) return problems;
  visit(document, {
    Node(_, node) {
      const refused = isAlias(node)
        ? 'an alias (*)'
        : node.anchor !== undefined
          ? 'an anchor (&)'
          : node.tag !== undefined
            ? 'a tag (!)'
            : undefined;
      if (refused === undefined) return;
      problems.push({
        offset: node.range?.[0] ?? 0,
        message: `${refused} has no meaning in a ${noun}; write the value itself`,
      });
    },
  });
  if (!isMap(document.contents)) {
    problems.push({ offset: 0, message: `must hold the fields of a ${noun}: ${keys.join(', ')}` });
  }
  return problems;
}

/** Where the key at that path begins, or the nearest one above it that is there. */
function keyOffset(document: Document.Parsed, path: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (!isPair(pair)) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isCollection(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function invalid(
  where: string,
  problems: readonly Problem[],
  hint: string,
  lineOf: (offset: number) => number,
): ToolkitError {
  const all = [...problems]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => `${where}:${lineOf(offset)}: ${message}`);
  const distinct = [...new Set(all)];
  const told = distinct.slice(0, MOST_PROBLEMS);
  const untold = distinct.length - told.length;
  if (untold > 0) told.push(`${where}: and ${untold} more`);
  return new ToolkitError(told.join('\n'), 'USAGE', hint);
}
