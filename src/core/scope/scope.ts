import { Document, isCollection, isMap, isScalar } from 'yaml';
import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';
import { parseYaml } from '../yaml/parse-yaml.js';
import { quoteOuterBlanks } from '../yaml/quote-outer-blanks.js';
import { SCOPE_FIELDS, SCOPE_KEYS } from './scope-fields.js';
import { describeIssue, valueAt } from './scope-problems.js';
import { scopeSchema, type Scope } from './scope-schema.js';

/** Characters of a scope file at most: several times what the longest fields take together. */
const MOST_CHARACTERS = 256 * 1024;

/**
 * Reads a scope from YAML 1.2. Anchors, aliases and tags are refused: nothing in a scope needs them.
 *
 * @param where what the text is, for the messages: its file
 * @throws ToolkitError `USAGE` that lists every problem with its line
 */
export function parseScope(text: string, where: string): Scope {
  return parseYaml(text, where, {
    ...{ noun: 'scope', keys: SCOPE_KEYS, schema: scopeSchema, mostCharacters: MOST_CHARACTERS },
    describe: describeIssue,
    hint: 'Every field is explained in the file that `genai scope` writes, and in `genai scope --schema`.',
  });
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

/** The scope as YAML, with a comment over every field; {@link parseScope} gives back an equal scope. */
export function writeScope(scope: Scope): string {
  const document = new Document(scope);
  document.commentBefore = ` ${scopeSchema.description ?? ''}\n Read and checked by: genai scope --from FILE`;
  for (const { path, description, keys } of SCOPE_FIELDS)
    comment(document, path.split('.'), description, keys);
  quoteOuterBlanks(document);
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

export { scopeSchema, type Scope, type ScopeInput } from './scope-schema.js';
