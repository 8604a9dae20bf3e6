import { ToolkitError } from '../../errors/toolkit-error.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** A schema that is being applied: its document, for references into it, and how deep references have led. */
interface Scope {
  readonly root: unknown;
  readonly depth: number;
}

/** One rule of a schema; `true` for values of a type that the rule does not speak of. */
type Keyword = (argument: never, value: unknown, schema: JsonObject, scope: Scope) => boolean;

/** Nested references beyond this are taken for a circle. */
const DEEPEST = 200;

function fail(what: string): never {
  throw new ToolkitError(
    `The JSON Schema ${what}.`,
    'UNSUPPORTED',
    'Write it in draft 2020-12, without that.',
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that equal values share: keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  string: (value) => typeof value === 'string',
  array: Array.isArray,
  object: isObject,
};

function hasType(name: string, value: unknown): boolean {
  return Object.hasOwn(TYPES, name)
    ? TYPES[name]!(value)
    : fail(`has the unknown type ${JSON.stringify(name)}`);
}

const ofNumber =
  (holds: (value: number, argument: number) => boolean): Keyword =>
  (argument, value) =>
    typeof value !== 'number' || holds(value, argument);
const ofText =
  (holds: (value: string, argument: never) => boolean): Keyword =>
  (argument, value) =>
    typeof value !== 'string' || holds(value, argument);
const ofArray =
  <Argument>(
    holds: (items: unknown[], argument: Argument, schema: JsonObject, scope: Scope) => boolean,
  ): Keyword =>
  (argument, value, schema, scope) =>
    !Array.isArray(value) || holds(value, argument, schema, scope);
const ofObject =
  <Argument>(
    holds: (value: JsonObject, argument: Argument, schema: JsonObject, scope: Scope) => boolean,
  ): Keyword =>
  (argument, value, schema, scope) =>
    !isObject(value) || holds(value, argument, schema, scope);

function objectArgument(schema: JsonObject, keyword: string): JsonObject {
  return isObject(schema[keyword]) ? schema[keyword] : {};
}

/** Whether `properties` or `patternProperties` speak of a name, so that `additionalProperties` does not. */
function isNamed(name: string, schema: JsonObject): boolean {
  return (
    Object.hasOwn(objectArgument(schema, 'properties'), name) ||
    Object.keys(objectArgument(schema, 'patternProperties')).some((pattern) =>
      new RegExp(pattern, 'u').test(name),
    )
  );
}

function countMatches(items: readonly unknown[], schema: unknown, scope: Scope): number {
  return items.filter((item) => meets(item, schema, scope)).length;
}

/** What a JSON Pointer within the document leads to (RFC 6901). */
function resolve(reference: string, root: unknown): unknown {
  if (reference !== '#' && !reference.startsWith('#/'))
    return fail(`refers to another document, ${JSON.stringify(reference)}`);
  let target = root;
  for (const part of decodeURIComponent(reference).split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, name))
      return fail(`has a reference that leads nowhere, ${JSON.stringify(reference)}`);
    target = (target as JsonObject)[name];
  }
  return target;
}

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type: (types: string | string[], value) => [types].flat().some((name) => hasType(name, value)),
  enum: (values: unknown[], value) => values.some((allowed) => canonical(allowed) === canonical(value)),
  const: (allowed: unknown, value) => canonical(allowed) === canonical(value),

  minimum: ofNumber((value, least) => value >= least),
  maximum: ofNumber((value, most) => value <= most),
  exclusiveMinimum: ofNumber((value, bound) => value > bound),
  exclusiveMaximum: ofNumber((value, bound) => value < bound),
  multipleOf: ofNumber((value, divisor) => Number.isInteger(value / divisor)),

  // Lengths are in characters, not in JavaScript's units of 16 bits.
  minLength: ofText((text, least: number) => Array.from(text).length >= least),
  maxLength: ofText((text, most: number) => Array.from(text).length <= most),
  pattern: ofText((text, pattern: string) => new RegExp(pattern, 'u').test(text)),

  prefixItems: ofArray((items, schemas: unknown[], _, scope) =>
    items.slice(0, schemas.length).every((item, index) => meets(item, schemas[index], scope)),
  ),
  items: ofArray((items, schema: unknown, { prefixItems }, scope) =>
    items
      .slice(Array.isArray(prefixItems) ? prefixItems.length : 0)
      .every((item) => meets(item, schema, scope)),
  ),
  contains: ofArray((items, schema: unknown, { minContains = 1, maxContains = Infinity }, scope) => {
    const count = countMatches(items, schema, scope);
    return count >= Number(minContains) && count <= Number(maxContains);
  }),
  minItems: ofArray((items, least: number) => items.length >= least),
  maxItems: ofArray((items, most: number) => items.length <= most),
  uniqueItems: ofArray(
    (items, unique: boolean) => !unique || new Set(items.map(canonical)).size === items.length,
  ),

  properties: ofObject((value, schemas: JsonObject, _, scope) =>
    Object.entries(schemas).every(
      ([name, schema]) => !Object.hasOwn(value, name) || meets(value[name], schema, scope),
    ),
  ),
  patternProperties: ofObject((value, schemas: JsonObject, _, scope) =>
    Object.entries(schemas).every(([pattern, schema]) =>
      Object.entries(value).every(
        ([name, part]) => !new RegExp(pattern, 'u').test(name) || meets(part, schema, scope),
      ),
    ),
  ),
  additionalProperties: ofObject((value, schema: unknown, siblings, scope) =>
    Object.entries(value).every(([name, part]) => isNamed(name, siblings) || meets(part, schema, scope)),
  ),
  propertyNames: ofObject((value, schema: unknown, _, scope) =>
    Object.keys(value).every((name) => meets(name, schema, scope)),
  ),
  required: ofObject((value, names: string[]) => names.every((name) => Object.hasOwn(value, name))),
  minProperties: ofObject((value, least: number) => Object.keys(value).length >= least),
  maxProperties: ofObject((value, most: number) => Object.keys(value).length <= most),
  dependentRequired: ofObject((value, names: Readonly<Record<string, string[]>>) =>
    Object.entries(names).every(
      ([name, others]) => !Object.hasOwn(value, name) || others.every((other) => Object.hasOwn(value, other)),
    ),
  ),
  dependentSchemas: ofObject((value, schemas: JsonObject, _, scope) =>
    Object.entries(schemas).every(
      ([name, schema]) => !Object.hasOwn(value, name) || meets(value, schema, scope),
    ),
  ),

  allOf: (schemas: unknown[], value, _, scope) => schemas.every((schema) => meets(value, schema, scope)),
  anyOf: (schemas: unknown[], value, _, scope) => schemas.some((schema) => meets(value, schema, scope)),
  oneOf: (schemas: unknown[], value, _, scope) =>
    schemas.filter((schema) => meets(value, schema, scope)).length === 1,
  not: (schema: unknown, value, _, scope) => !meets(value, schema, scope),
  if: (condition: unknown, value, { then: consequence = true, else: alternative = true }, scope) =>
    meets(value, meets(value, condition, scope) ? consequence : alternative, scope),
  $ref: (reference: string, value, _, { root, depth }) =>
    depth >= DEEPEST
      ? fail(`has references that go round in a circle, ${JSON.stringify(reference)}`)
      : meets(value, resolve(reference, root), { root, depth: depth + 1 }),
};

/** Keywords that forbid something in some draft, and that are not known here: to pass over them would be to approve. */
const UNKNOWN = [
  '$anchor',
  '$dynamicRef',
  '$recursiveRef',
  'additionalItems',
  'dependencies',
  'unevaluatedItems',
  'unevaluatedProperties',
];

function meets(value: unknown, schema: unknown, scope: Scope): boolean {
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema))
    return fail(`has ${Array.isArray(schema) ? 'a list' : JSON.stringify(schema)} for a schema`);
  const stranger = UNKNOWN.find((keyword) => Object.hasOwn(schema, keyword));
  if (stranger !== undefined) fail(`uses ${stranger}, which is not supported`);
  return Object.entries(schema).every(
    ([keyword, argument]) =>
      !Object.hasOwn(KEYWORDS, keyword) || KEYWORDS[keyword]!(argument as never, value, schema, scope),
  );
}

/**
 * Whether a JSON value meets a JSON Schema of draft 2020-12. `format` and the `content…` keywords are notes, as that
 * draft has them by default; references lead within the document.
 *
 * @throws ToolkitError `UNSUPPORTED` for a schema with other rules than those, rather than approve what they may forbid
 */
export function meetsJsonSchema(value: unknown, schema: unknown): boolean {
  return meets(value, schema, { root: schema, depth: 0 });
}
