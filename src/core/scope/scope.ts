import {
  Document,
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
  type DocumentOptions,
  type ParseOptions,
  type SchemaOptions,
} from 'yaml';
import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';
import { SCOPE_FIELDS, SCOPE_KEYS } from './scope-fields.js';
import { describeIssue, valueAt } from './scope-problems.js';
import { scopeSchema, type Scope } from './scope-schema.js';

/** Characters of a scope file at most: several times what the longest fields take together. */
const MOST_CHARACTERS = 256 * 1024;

/** Brackets within each other at most; a scope needs one. */
const MOST_BRACKETS = 20;

/** Problems told at most. */
const MOST_PROBLEMS = 20;

interface Problem {
  /** Position in the text, in characters. */
  readonly offset: number;
  readonly message: string;
}

/**
 * Reads a scope from YAML 1.2. Anchors, aliases and tags are refused: nothing in a scope needs them.
 *
 * @param where what the text is, for the messages: its file
 * @throws ToolkitError `USAGE` that lists every problem with its line
 */
export function parseScope(text: string, where: string): Scope {
  if (text.length > MOST_CHARACTERS) {
    throw new ToolkitError(
      `${where}: has ${text.length.toLocaleString('en-US')} characters; a scope has at most ${MOST_CHARACTERS.toLocaleString('en-US')}`,
      'USAGE',
      'Is it the right file?',
    );
  }
  const lines = new LineCounter();
  const document = readYaml(text, where, lines);
  let problems = yamlProblems(document);
  if (problems.length === 0) {
    const result = scopeSchema.safeParse(document.toJS({ maxAliasCount: 0 }));
    if (result.success) return result.data;
    problems = result.error.issues.flatMap((issue) => schemaProblems(issue, document));
  }
  throw invalid(where, problems, lines);
}

/**
 * Checks a scope that was put together rather than read, and fills in what is left open.
 *
 * @throws ToolkitError `USAGE` that lists every problem under its field
 */
export function checkScope(value: unknown): Scope {
  const result = scopeSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => describeIssue(issue, valueAt(value, issue.path)));
  const message = problems.map((problem) => problem.message).join('\n');
  throw new ToolkitError(message, 'USAGE', 'Mend the fields named above.', result.error);
}

/** A line that begins or ends with a blank, or an empty line at an end: block text keeps these badly. */
const HAS_OUTER_BLANKS = /^\s|\s$|\n[^\S\n]|[^\S\n]\n/;

/** The scope as YAML, with a comment over every field; {@link parseScope} gives back an equal scope. */
export function writeScope(scope: Scope): string {
  const document = new Document(scope);
  document.commentBefore = ` ${scopeSchema.description ?? ''}\n Read and checked by: genai scope --from FILE`;
  for (const { path, description, keys } of SCOPE_FIELDS)
    comment(document, path.split('.'), description, keys);
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && HAS_OUTER_BLANKS.test(scalar.value))
        scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** The form of a scope file as JSON Schema (draft 2020-12). */
export function scopeJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(scopeSchema, { io: 'input' }) as Record<string, unknown>;
}

/** Cells of a comment line at most. */
const COMMENT_WIDTH = 100;

function comment(document: Document, path: string[], description: string, keys?: readonly string[]): void {
  const parent = document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  if (pair === undefined || !isScalar(pair.key)) return;
  pair.key.commentBefore = wrap(description, COMMENT_WIDTH - 2 * path.length);
  // What belongs together stands together: groups, and what stands alone at the top, are set apart.
  pair.key.spaceBefore = path.length === 1 && (keys !== undefined || path[0] !== SCOPE_KEYS[0]);
  if (isCollection(pair.value) && keys === undefined) pair.value.flow = true;
}

function wrap(text: string, width: number): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + 1 + word.length > width) lines.push(` ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}

function readYaml(text: string, where: string, lineCounter: LineCounter): Document.Parsed {
  const options: ParseOptions & DocumentOptions & SchemaOptions = {
    ...{ version: '1.2', schema: 'core', merge: false, stringKeys: true, uniqueKeys: true },
    ...{ prettyErrors: false, logLevel: 'error', lineCounter },
  };
  if (!isDeep(text)) return parseDocument(text, options);
  throw new ToolkitError(
    `${where}: brackets stand within brackets, more than ${MOST_BRACKETS} deep`,
    'USAGE',
    'A scope is groups of fields, one deep. Is it the right file?',
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
const PLAIN_WORDS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'the same key stands here twice',
  MULTIPLE_DOCS: 'a second document begins here; a file holds one scope',
  NON_STRING_KEY: 'a key must be text',
};

/** What keeps the text from being plain YAML that holds a mapping. */
function yamlProblems(document: Document.Parsed): Problem[] {
  const problems: Problem[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    offset: pos[0],
    message: PLAIN_WORDS[code] ?? message,
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
        message: `${refused} has no meaning in a scope; write the value itself`,
      });
    },
  });
  if (!isMap(document.contents)) {
    problems.push({ offset: 0, message: `must hold the fields of a scope: ${SCOPE_KEYS.join(', ')}` });
  }
  return problems;
}

/** What the schema found, each at its place in the text. */
function schemaProblems(issue: z.core.$ZodIssue, document: Document.Parsed): Problem[] {
  const value: unknown = document.getIn(issue.path);
  return describeIssue(issue, isNode(value) ? value.toJSON() : value).map(({ path, message }) => ({
    offset: keyOffset(document, path),
    message,
  }));
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

function invalid(where: string, problems: readonly Problem[], lines: LineCounter): ToolkitError {
  const all = [...problems]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => `${where}:${lines.linePos(offset).line}: ${message}`);
  const distinct = [...new Set(all)];
  const told = distinct.slice(0, MOST_PROBLEMS);
  const untold = distinct.length - told.length;
  if (untold > 0) told.push(`${where}: and ${untold} more`);
  return new ToolkitError(
    told.join('\n'),
    'USAGE',
    'Every field is explained in the file that `genai scope` writes, and in `genai scope --schema`.',
  );
}

export { scopeSchema, type Scope, type ScopeInput } from './scope-schema.js';
