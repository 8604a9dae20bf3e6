import { dirname, isAbsolute, join } from 'node:path';
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** A value that is a function of Python in the file. */
export class PythonFunction {
  constructor(
    readonly name: string,
    /** File and line. */
    readonly where: string,
  ) {}
}

/** Fields of a file with those of the files that it includes, and where each stands. */
export interface HarnessFields {
  readonly values: ReadonlyMap<string, unknown>;
  /** File and line of each field. */
  readonly places: ReadonlyMap<string, string>;
}

/** Characters of a file at most; those with long examples have some 20,000. */
const MOST_CHARACTERS = 1024 * 1024;
/** Files that include one another at most. */
const MOST_INCLUDES = 20;

const FUNCTION_TAG = '!function';

function unreadable(path: string, line: number, why: string): ToolkitError {
  return new ToolkitError(
    `${path}:${line}: ${why}`,
    'USAGE',
    'It is to be a task of lm-evaluation-harness in YAML.',
  );
}

function parse(text: string, path: string): { document: Document.Parsed; lineOf: (node: unknown) => number } {
  if (text.length > MOST_CHARACTERS) throw unreadable(path, 1, `has more than ${MOST_CHARACTERS} characters`);
  const lineCounter = new LineCounter();
  // The version of YAML that the harness's own reader (PyYAML) knows: `yes` and `no` are truths in it, and of equal keys
  // the last holds.
  const document = parseDocument(text, {
    ...{ version: '1.1', merge: true, stringKeys: true, uniqueKeys: false, prettyErrors: false },
    ...{ logLevel: 'error', lineCounter },
    customTags: [{ tag: FUNCTION_TAG, resolve: (name: string) => new PythonFunction(name, '') }],
  });
  // An unknown tag is only warned of.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined)
    throw unreadable(path, lineCounter.linePos(problem.pos[0]).line, problem.message);
  const lineOf = (node: unknown): number =>
    isNode(node) && node.range ? lineCounter.linePos(node.range[0]).line : 1;
  visit(document, {
    Scalar(_, node) {
      if (node.value instanceof PythonFunction) {
        node.value = new PythonFunction(node.value.name, `${path}:${lineOf(node)}`);
      }
    },
  });
  return { document, lineOf };
}

/**
 * Reads a YAML file of lm-evaluation-harness with the files it includes: its own fields go before those of included
 * files, and of several included files the last goes before the others.
 *
 * @throws ToolkitError `NOT_FOUND`, or `USAGE` with the line of what is wrong
 */
export async function readHarnessYaml(
  files: FileSystem,
  path: string,
  seen: readonly string[] = [],
): Promise<HarnessFields> {
  if (seen.includes(path)) throw unreadable(path, 1, 'includes itself');
  if (seen.length >= MOST_INCLUDES)
    throw unreadable(path, 1, `more than ${MOST_INCLUDES} files include one another`);
  const { document, lineOf } = parse(await files.readText(path), path);
  if (!isMap(document.contents)) throw unreadable(path, 1, 'holds no fields');
  const own = new Map<string, unknown>();
  const places = new Map<string, string>();
  for (const { key, value } of document.contents.items) {
    const name = isScalar(key) ? String(key.value) : String(key);
    own.set(name, isNode(value) ? value.toJS(document, { maxAliasCount: 100 }) : null);
    places.set(name, `${path}:${lineOf(key)}`);
  }
  const include = own.get('include') ?? [];
  own.delete('include');
  const values = new Map<string, unknown>();
  const allPlaces = new Map<string, string>();
  for (const name of Array.isArray(include) ? (include as unknown[]) : [include]) {
    if (typeof name !== 'string') throw unreadable(path, 1, 'include is to name files');
    const included = await readHarnessYaml(files, isAbsolute(name) ? name : join(dirname(path), name), [
      ...seen,
      path,
    ]);
    for (const [field, value] of included.values) values.set(field, value);
    for (const [field, place] of included.places) allPlaces.set(field, place);
  }
  for (const [field, value] of own) values.set(field, value);
  for (const [field, place] of places) allPlaces.set(field, place);
  return { values, places: allPlaces };
}
