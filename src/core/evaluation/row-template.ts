import { quoteName } from '../checkpoints/quote-name.js';
import { listColumns } from '../dataset-formats/columns.js';
import type { Row } from '../dataset-formats/row-format.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import { loadJinja, type JinjaEnvironment } from '../tokenizers/jinja-library.js';
import { pythonRegex, pythonReplacement } from './python-regex.js';
import { pythonText } from './python-text.js';

/** What a task makes of a row: the name of a column, or a Jinja template over the columns. */
export interface RowTemplate {
  readonly source: string;
  /**
   * As text, as Jinja prints it.
   *
   * @throws ToolkitError `BAD_DATASET` when the row lacks what the template needs
   */
  text(row: Row): string;
  /**
   * As a value: that of the column, or of the template's expression where it is no more than one (a list stays a list),
   * else its text.
   *
   * @throws ToolkitError `BAD_DATASET` when the row lacks what the template needs
   */
  value(row: Row): unknown;
}

/** Characters of a template at most. */
const MOST_CHARACTERS = 100_000;

/** A value within a template. */
interface TemplateValue {
  readonly type: string;
  readonly value: unknown;
}

/** A node of a parsed template; what else it holds depends on its type. */
interface Node {
  type: string;
  [key: string]: unknown;
}

/** What is used of an environment beside `set`. */
interface NodeEnvironment extends JinjaEnvironment {
  readonly variables: ReadonlyMap<string, TemplateValue>;
  lookupVariable(name: string): TemplateValue;
  /** The environment that a variable is in. */
  resolve(name: string): Pick<NodeEnvironment, 'variables'>;
}

/** What is used of the interpreter beside `run`. */
interface NodeInterpreter {
  evaluate(node: Node, scope: JinjaEnvironment): TemplateValue;
}

/** Jinja's own defaults; chat templates have others. */
const WHITE_SPACE_STAYS = { lstrip_blocks: false, trim_blocks: false };

/** Statements that print nothing by themselves. */
const SILENT = new Set(['Set', 'Comment', 'Macro']);
/** Statements that print what they hold. */
const BLOCKS = new Set(['If', 'For', 'Break', 'Continue', 'CallStatement', 'FilterStatement']);

function unwrap(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, unwrap(item)]));
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value === 'object' && value !== null && 'value' in value && 'type' in value)
    return unwrap(value.value);
  return value;
}

function textArgument(value: unknown, method: string): string {
  if (typeof value === 'string') return value;
  throw new Error(`${method} is of texts, not of ${pythonText(value)}`);
}

const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();

/** Of a text, or of each of a list of texts. */
function eachText(value: unknown, method: string, change: (text: string) => string): unknown {
  return Array.isArray(value)
    ? value.map((item) => change(textArgument(item, method)))
    : change(textArgument(value, method));
}

function indexOf(owner: unknown, item: unknown): number {
  const index = Array.isArray(owner)
    ? owner.indexOf(item)
    : textArgument(owner, 'index').indexOf(textArgument(item, 'index'));
  if (index < 0) throw new Error(`${pythonText(item)} is not in ${pythonText(owner)}`);
  return index;
}

/** Methods and filters of Python and Jinja that `@huggingface/jinja` lacks or has otherwise. */
const FUNCTIONS: Readonly<Record<string, (owner: unknown, ...others: unknown[]) => unknown>> = {
  index: indexOf,
  find: (owner, item) => textArgument(owner, 'find').indexOf(textArgument(item, 'find')),
  capitalize: (owner) => eachText(owner, 'capitalize', capitalized),
  title: (owner) =>
    eachText(owner, 'title', (text) =>
      text.replace(/\p{Letter}+/gu, (word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase()),
    ),
  regex_replace: (owner, pattern, replacement = '') => {
    const regex = pythonRegex(textArgument(pattern, 'regex_replace'));
    const by = pythonReplacement(textArgument(replacement, 'regex_replace'));
    return eachText(owner, 'regex_replace', (text) => text.replace(regex, by));
  },
};

/** Numbers that a template may count at most. */
const MOST_COUNTED = 10_000;

/** Numbers from 0, or from the first of two bounds, up to before the other; Jinja's own function. */
function countedNumbers(...bounds: unknown[]): number[] {
  const [start, stop, step = 1] = (bounds.length === 1 ? [0, ...bounds] : bounds) as number[];
  const count = Math.max(0, Math.ceil((stop! - start!) / step));
  if (!(count <= MOST_COUNTED)) throw new Error(`range is of ${MOST_COUNTED} numbers at most`);
  return Array.from({ length: count }, (_, index) => start! + index * step);
}

/** Under this name a template knows one of {@link FUNCTIONS}; no column can be called so in a template. */
const functionName = (name: string): string => `function ${name}`;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** A call of one of {@link FUNCTIONS}, written as the method or the filter of that name; else the node as it is. */
function asFunction(node: Node): Node {
  let called: { name: unknown; args: unknown[] } | undefined;
  if (node.type === 'CallExpression' && isNode(node['callee'])) {
    const { type, object, property, computed } = node['callee'];
    if (type === 'MemberExpression' && computed !== true && isNode(property)) {
      called = { name: property['value'], args: [object, ...(node['args'] as unknown[])] };
    }
  } else if (node.type === 'FilterExpression' && isNode(node['filter'])) {
    const filter = node['filter'];
    const isCall = filter.type === 'CallExpression';
    const name = isCall ? (filter['callee'] as Node)['value'] : filter['value'];
    called = { name, args: [node['operand'], ...(isCall ? (filter['args'] as unknown[]) : [])] };
  }
  if (typeof called?.name !== 'string' || !Object.hasOwn(FUNCTIONS, called.name)) return node;
  const callee = { type: 'Identifier', value: functionName(called.name) };
  return { type: 'CallExpression', callee, args: called.args };
}

/** Fields of {@link BLOCKS} that hold what is printed, among it expressions. */
const BODIES = ['body', 'alternate', 'defaultBlock'];

/** The name of the function that prints what stands in a block; the interpreter prints nothing for what is missing. */
const PRINT = functionName('print');

/** An expression within a block, printed as those outside are; else the node as it is. */
function asPrinted(node: Node): Node {
  if (SILENT.has(node.type) || BLOCKS.has(node.type) || node.type === 'StringLiteral') return node;
  return { type: 'CallExpression', callee: { type: 'Identifier', value: PRINT }, args: [node] };
}

/** A parsed template in which calls of {@link FUNCTIONS} lead to these, and blocks print by {@link PRINT}. */
function withFunctions<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withFunctions) as T;
  if (!isNode(value)) return value;
  const prototype = Object.getPrototypeOf(value) as object;
  const copy = Object.create(prototype) as Node;
  for (const [key, inner] of Object.entries(value)) {
    const made: unknown = withFunctions(inner);
    const isBody = BLOCKS.has(value.type) && BODIES.includes(key) && Array.isArray(made);
    copy[key] = isBody ? (made as Node[]).map(asPrinted) : made;
  }
  return asFunction(copy) as T & Node;
}

/**
 * Lets a template fail on a column that is missing wherever it counts, as Jinja's `StrictUndefined` does; `is defined`
 * and `default` may still ask for it.
 *
 * @param missing the error for the name of a column
 */
function refuseMissing(scope: NodeEnvironment, missing: (name: string) => Error): void {
  const { constructor } = scope.lookupVariable('a name that nothing has');
  const Undefined = constructor as new () => TemplateValue;
  scope.resolve = (name) => {
    if (scope.variables.has(name)) return scope;
    const refuse = (): never => {
      throw missing(name);
    };
    const value = Object.defineProperties(new Undefined(), {
      value: { get: refuse },
      __bool__: { value: refuse },
    });
    return { variables: new Map([[name, value]]) };
  };
}

/** Printed as Jinja prints it; the interpreter writes truths and lists as JavaScript does. */
function printed({ type, value }: TemplateValue): string {
  const isWholeFloat = type === 'FloatValue' && Number.isInteger(value);
  return isWholeFloat ? `${String(value)}.0` : pythonText(unwrap(value));
}

/**
 * Compiles what a task file says of rows, with Jinja's own defaults, as lm-evaluation-harness renders it: white space
 * stays, a missing column is an error.
 *
 * @param where the file and the field, for errors
 * @throws ToolkitError `USAGE` when it is not a valid template
 */
export async function compileRowTemplate(source: string, where: string): Promise<RowTemplate> {
  const { Environment, Interpreter, parse, tokenize } = await loadJinja();
  if (source.length > MOST_CHARACTERS) {
    throw new ToolkitError(`${where}: has more than ${MOST_CHARACTERS} characters`, 'USAGE');
  }
  let body: Node[];
  try {
    // The tokenizer drops one line break at the end, which Jinja is told to keep.
    const program = parse(tokenize(source.endsWith('\n') ? `${source}\n` : source, WHITE_SPACE_STAYS));
    body = withFunctions((program as unknown as { body: Node[] }).body);
  } catch (error) {
    throw new ToolkitError(
      `${where}: is not a valid template (${(error as Error).message})`,
      'USAGE',
      'It is Jinja: text with {{ column }}, or the name of a column.',
      error,
    );
  }

  const faulty = (row: Row, why: string, cause?: unknown): ToolkitError =>
    new ToolkitError(
      `${where}: the template cannot be filled in: ${why}`,
      'BAD_DATASET',
      `The row has ${listColumns(row)}.`,
      cause,
    );

  /** What each statement prints, and its value where it is an expression. */
  function run(row: Row): { text: string; value?: unknown; isExpression: boolean }[] {
    const scope = new Environment() as NodeEnvironment;
    const constants = { true: true, True: true, false: false, False: false, none: null, None: null };
    const interpreter = new Interpreter(scope) as unknown as NodeInterpreter;
    const missing = (name?: string): ToolkitError => {
      const guess = name === undefined ? undefined : didYouMean(name, Object.keys(row));
      const what = name === undefined ? 'an expression' : quoteName(name);
      return faulty(row, `${what} is not there${guess ? `. ${guess}` : ''}`);
    };
    try {
      const range = (...bounds: unknown[]): number[] => countedNumbers(...bounds.map(unwrap));
      for (const [name, value] of Object.entries({ ...constants, range, ...row })) scope.set(name, value);
      for (const [name, call] of Object.entries(FUNCTIONS)) {
        scope.set(functionName(name), (...values: unknown[]) =>
          call(...(values.map(unwrap) as [unknown, ...unknown[]])),
        );
      }
      scope.set(PRINT, (value: unknown) => {
        if (value === undefined) throw missing();
        return pythonText(unwrap(value));
      });
      refuseMissing(scope, missing);
      return body.map((node) => {
        const result = interpreter.evaluate(node, scope);
        if (SILENT.has(node.type)) return { text: '', isExpression: false };
        if (BLOCKS.has(node.type) || node.type === 'StringLiteral')
          return { text: String(unwrap(result)), isExpression: false };
        if (result.type === 'UndefinedValue') {
          throw missing(node.type === 'Identifier' ? String(node['value']) : undefined);
        }
        return { text: printed(result), value: unwrap(result), isExpression: true };
      });
    } catch (error) {
      if (error instanceof ToolkitError) throw error;
      throw faulty(row, (error as Error).message, error);
    }
  }
  const render = (row: Row): string =>
    run(row)
      .map(({ text }) => text)
      .join('');

  return {
    source,
    text: (row) => (Object.hasOwn(row, source) ? pythonText(row[source]) : render(row)),
    value(row) {
      if (Object.hasOwn(row, source)) return row[source];
      const pieces = run(row);
      const [expression, ...others] = pieces.filter(({ isExpression }) => isExpression);
      const isAlone =
        others.length === 0 && pieces.every((piece) => piece.isExpression || !piece.text.trim());
      const value = isAlone ? expression?.value : undefined;
      return value !== undefined && typeof value !== 'string'
        ? value
        : pieces.map(({ text }) => text).join('');
    },
  };
}
