import { isJsonObject, type JsonObject } from '../checkpoints/json-file.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import {
  anyInteger,
  anyNumber,
  anyObject,
  anyOf,
  anyString,
  anyValue,
  arrayOf,
  atEnd,
  objectOf,
  oneOf,
  type Grammar,
} from './json-automaton.js';

/** Says something about a value without narrowing it. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
]);

/** Whether a value is of a type. */
const IS_OF_TYPE = {
  object: isJsonObject,
  array: Array.isArray,
  string: (value: unknown) => typeof value === 'string',
  number: (value: unknown) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value: unknown) => typeof value === 'boolean',
  null: (value: unknown) => value === null,
} as const satisfies Readonly<Record<string, (value: unknown) => boolean>>;

type JsonType = keyof typeof IS_OF_TYPE;

function isJsonType(name: unknown): name is JsonType {
  return typeof name === 'string' && Object.hasOwn(IS_OF_TYPE, name);
}

/** Keywords that each type brings. */
const KEYWORDS_OF_TYPE: Readonly<Record<JsonType, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: [],
  number: [],
  integer: [],
  boolean: [],
  null: [],
};

/** Deeper schemas and values, and schemas that refer to themselves without end, are refused. */
const DEEPEST = 32;

/** Members and values of a schema, as in OpenAI's interface: every token is compared with all that may come. */
const MOST_MEMBERS = 5000;

/** Whether lists and objects are in one another to no more than this depth. */
function isNestedAtMost(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isNestedAtMost(depth - 1, inner));
}

/** A reference to a part of the same document. */
const REFERENCE = /^#\/(\$defs|definitions)\/([^/~]+)$/;

/**
 * Reads a JSON schema as a grammar. Understood are `type` (one or several), `properties`, `required`,
 * `additionalProperties: false`, `items`, `minItems`, `maxItems`, `enum` and `const` (with `type` or without), `anyOf`,
 * and `$ref` to the whole (`#`) or to `#/$defs/NAME`; what only annotates is passed over. Members come in the order in which the schema lists
 * them, and no others come.
 *
 * @throws ToolkitError `UNSUPPORTED` for other keywords, `USAGE` for what is no valid schema; both name the place
 */
export function jsonSchemaGrammar(schema: unknown): Grammar {
  return new SchemaReader(schema).read();
}

class SchemaReader {
  private readonly referred = new Map<string, Grammar>();
  private members = 0;
  /** References being followed before a character is read. */
  private opening = 0;

  constructor(private readonly root: unknown) {}

  read(): Grammar {
    const grammar = this.value(this.root, '#', 0);
    // What refers to itself without end does so here, not in the middle of an answer.
    for (const referred of [grammar, ...this.referred.values()]) referred(atEnd);
    return grammar;
  }

  private value(schema: unknown, place: string, depth: number): Grammar {
    if (depth > DEEPEST) throw misuse(place, `is nested more than ${DEEPEST} deep`);
    if (schema === true) return anyValue;
    if (!isJsonObject(schema)) throw misuse(place, 'is no schema, which is an object');
    const { $ref: reference, enum: values, const: value, anyOf: alternatives } = schema;
    if (reference !== undefined) return this.reference(schema, reference, place, depth);
    if (alternatives !== undefined) {
      this.allow(schema, ['anyOf'], place);
      const schemas = this.list(alternatives, `${place}/anyOf`);
      return anyOf(schemas.map((item, index) => this.value(item, `${place}/anyOf/${index}`, depth + 1)));
    }
    if (values !== undefined) {
      this.allow(schema, ['enum', 'type'], place);
      return this.oneOf(this.list(values, `${place}/enum`), schema, place);
    }
    if ('const' in schema) {
      this.allow(schema, ['const', 'type'], place);
      return this.oneOf([value], schema, place);
    }
    if (schema['type'] === undefined) {
      this.allow(schema, [], place);
      return anyValue;
    }
    const types = this.types(schema, place);
    this.allow(schema, ['type', ...types.flatMap((type) => KEYWORDS_OF_TYPE[type])], place);
    const grammars = types.map((type) => this.type(type, schema, place, depth));
    return grammars.length === 1 ? grammars[0]! : anyOf(grammars);
  }

  private types({ type }: JsonObject, place: string): readonly JsonType[] {
    const types = Array.isArray(type) ? this.list(type, `${place}/type`) : [type];
    if (types.every(isJsonType)) return types;
    throw misuse(`${place}/type`, 'is none of the types of JSON');
  }

  /** Those of the values that are of the types which the schema names, if it names any. */
  private oneOf(values: readonly unknown[], schema: JsonObject, place: string): Grammar {
    this.count(values.length, place);
    if (!isNestedAtMost(DEEPEST, values)) throw misuse(place, `has a value nested more than ${DEEPEST} deep`);
    const types = schema['type'] === undefined ? undefined : this.types(schema, place);
    const fitting = types ? values.filter((value) => types.some((type) => IS_OF_TYPE[type](value))) : values;
    if (fitting.length === 0) throw misuse(place, 'allows no value: none is of its type');
    return oneOf(fitting);
  }

  private count(members: number, place: string): void {
    this.members += members;
    if (this.members > MOST_MEMBERS) throw misuse(place, `has more than ${MOST_MEMBERS} members and values`);
  }

  private type(type: JsonType, schema: JsonObject, place: string, depth: number): Grammar {
    switch (type) {
      case 'object':
        return this.object(schema, place, depth);
      case 'array':
        return this.array(schema, place, depth);
      case 'string':
        return anyString;
      case 'number':
        return anyNumber;
      case 'integer':
        return anyInteger;
      case 'boolean':
        return oneOf([true, false]);
      case 'null':
        return oneOf([null]);
    }
  }

  private object(schema: JsonObject, place: string, depth: number): Grammar {
    const { properties, required = [], additionalProperties: additional } = schema;
    if (additional !== undefined && typeof additional !== 'boolean') {
      throw unsupported(place, 'additionalProperties other than true and false');
    }
    const names = Array.isArray(required) ? required : [undefined];
    if (!names.every((name) => typeof name === 'string')) {
      throw misuse(`${place}/required`, 'is no list of names');
    }
    if (properties === undefined && names.length === 0)
      return additional === false ? objectOf([]) : anyObject;
    if (!isJsonObject(properties)) throw misuse(`${place}/properties`, 'is no object of schemas');
    this.count(Object.keys(properties).length, place);
    const missing = names.find((name) => !Object.hasOwn(properties, name));
    if (missing !== undefined) {
      throw misuse(`${place}/required`, `names ${JSON.stringify(missing)}, of which properties says nothing`);
    }
    return objectOf(
      Object.entries(properties).map(([name, value]) => ({
        name,
        isRequired: names.includes(name),
        value: this.value(value, `${place}/properties/${name}`, depth + 1),
      })),
    );
  }

  private array(schema: JsonObject, place: string, depth: number): Grammar {
    const { items = true, minItems = 0, maxItems = Infinity } = schema;
    const isCount = (value: unknown): value is number =>
      value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0);
    if (!isCount(minItems) || !isCount(maxItems) || minItems > maxItems) {
      throw misuse(place, 'has minItems and maxItems that no array can meet');
    }
    return arrayOf(this.value(items, `${place}/items`, depth + 1), minItems, maxItems);
  }

  private reference(schema: JsonObject, reference: unknown, place: string, depth: number): Grammar {
    this.allow(schema, ['$ref'], place);
    const [, section, name] = REFERENCE.exec(String(reference)) ?? [];
    const isRoot = reference === '#';
    if (!isRoot && section === undefined) throw unsupported(place, `$ref other than # and #/$defs/NAME`);
    const key = String(reference);
    if (!this.referred.has(key)) {
      const sections = isJsonObject(this.root) && section !== undefined ? this.root[section] : undefined;
      const isThere = isRoot || (isJsonObject(sections) && Object.hasOwn(sections, name!));
      if (!isThere) throw misuse(place, `refers to ${key}, which is not there`);
      // Entered first: what it holds may refer to it again.
      this.referred.set(key, (then) => {
        if (++this.opening > DEEPEST) throw misuse(key, 'refers to itself without end');
        try {
          return grammar(then);
        } finally {
          this.opening--;
        }
      });
      const grammar = this.value(isRoot ? this.root : (sections as JsonObject)[name!], key, depth + 1);
    }
    return this.referred.get(key)!;
  }

  private list(value: unknown, place: string): readonly unknown[] {
    if (Array.isArray(value) && value.length > 0) return value;
    throw misuse(place, 'is no list with entries');
  }

  private allow(schema: JsonObject, keywords: readonly string[], place: string): void {
    const other = Object.keys(schema).find((key) => !keywords.includes(key) && !ANNOTATIONS.has(key));
    if (other !== undefined) throw unsupported(place, other);
  }
}

function misuse(place: string, problem: string): ToolkitError {
  return new ToolkitError(`JSON schema, ${place}: ${problem}`, 'USAGE', 'Mend the schema.');
}

function unsupported(place: string, keyword: string): ToolkitError {
  return new ToolkitError(
    `JSON schema, ${place}: ${keyword} cannot be enforced here`,
    'UNSUPPORTED',
    'Use type, properties, required, items, minItems, maxItems, enum, const, anyOf and $ref to $defs.',
  );
}
