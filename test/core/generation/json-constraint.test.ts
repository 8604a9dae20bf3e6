import { describe, expect, it } from 'vitest';
import {
  anyObject,
  startOf,
  type Grammar,
  type JsonState,
} from '../../../src/core/generation/json-automaton.js';
import { JsonConstraint, TokenTree } from '../../../src/core/generation/json-constraint.js';
import { jsonSchemaGrammar } from '../../../src/core/generation/json-schema-grammar.js';
import { TokenBytes } from '../../../src/core/serving/token-bytes.js';
import { loadTokenizer } from '../../../src/core/tokenizers/tokenizer.js';
import { Random } from '../../../src/core/training/random.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

/** Whether the grammar takes a whole text. */
function takes(grammar: Grammar, text: string | Uint8Array): boolean {
  let state: JsonState | undefined = startOf(grammar);
  for (const byte of Buffer.from(text)) {
    state = state.after(byte);
    if (state === undefined) return false;
  }
  return state.isComplete;
}

/** What JavaScript's own parser says. */
function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function randomValue(random: Random, depth: number): unknown {
  const strings = ['', 'a"b\\c', 'naïve \u{1F600} 日本', '\n\t', '\u0001', 'plain words'];
  switch (random.integer(depth > 0 ? 7 : 5)) {
    case 0:
      return strings[random.integer(strings.length)];
    case 1:
      return [0, -1, 3.25, 1e300, -2.5e-7, 12345678][random.integer(6)];
    case 2:
      return true;
    case 3:
      return null;
    case 4:
      return false;
    case 5:
      return Array.from({ length: random.integer(4) }, () => randomValue(random, depth - 1));
    default:
      return randomObject(random, depth - 1);
  }
}

function randomObject(random: Random, depth: number): Record<string, unknown> {
  const keys = ['a', 'é', 'key with "quotes"', ''].slice(random.integer(4));
  return Object.fromEntries(keys.map((key) => [key, randomValue(random, depth)]));
}

describe('any JSON object', () => {
  it('takes what JSON.stringify writes, indented or not', () => {
    const random = new Random(1);
    for (let count = 0; count < 300; count++) {
      const value = randomObject(random, 3);
      for (const indent of [undefined, 1, 2]) {
        const text = JSON.stringify(value, null, indent);
        expect(takes(anyObject, text), text).toBe(true);
      }
    }
  });

  it('agrees with JSON.parse about texts with a character changed, put in or taken out', () => {
    const random = new Random(2);
    const characters = Array.from('{}[]",:\\ \n0159.-+eEutrfn/\u0007é');
    let [valid, invalid] = [0, 0];
    for (let count = 0; count < 4000; count++) {
      const text = JSON.stringify(randomObject(random, 2));
      const at = random.integer(text.length);
      const put = random.integer(3) === 0 ? '' : characters[random.integer(characters.length)]!;
      const changed = text.slice(0, at) + put + text.slice(at + random.integer(2));
      // Nothing may stand around the object here, and halves of surrogate pairs are no UTF-8.
      if (changed.trim() !== changed || /\p{Surrogate}/u.test(changed)) continue;
      expect(takes(anyObject, changed), changed).toBe(isJsonObject(changed));
      if (isJsonObject(changed)) valid++;
      else invalid++;
    }
    expect(Math.min(valid, invalid)).toBeGreaterThan(200);
  });

  it('takes characters as UTF-8 alone', () => {
    const inString = (...bytes: number[]): Uint8Array =>
      Uint8Array.from([...Buffer.from('{"a":"'), ...bytes, ...Buffer.from('"}')]);
    const random = new Random(3);
    const strict = new TextDecoder('utf-8', { fatal: true });
    let valid = 0;
    for (let count = 0; count < 6000; count++) {
      const first = 0x80 + random.integer(0x80);
      const bytes = [first, ...Array.from({ length: random.integer(4) }, () => 0x80 + random.integer(0x48))];
      let isUtf8 = true;
      try {
        strict.decode(Uint8Array.from(bytes));
        valid++;
      } catch {
        isUtf8 = false;
      }
      expect(takes(anyObject, inString(...bytes)), bytes.join()).toBe(isUtf8);
    }
    expect(valid).toBeGreaterThan(90);
  });

  it('lets blanks between tokens come to an end', () => {
    expect(takes(anyObject, `{${' '.repeat(16)}}`)).toBe(true);
    expect(takes(anyObject, `{${' '.repeat(17)}}`)).toBe(false);
  });
});

describe('JSON schemas', () => {
  const person = {
    type: 'object',
    description: 'Somebody.',
    properties: {
      name: { type: 'string' },
      age: { type: ['integer', 'null'] },
      mood: { enum: ['good', 'bad', 'go'] },
      level: { enum: [1, 12, 123] },
      tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 2 },
    },
    required: ['name', 'level'],
    additionalProperties: false,
  };
  const accepted = [
    '{"name":"Ann","level":1}',
    '{"name":"Ann","age":3,"mood":"go","level":12,"tags":["a"]}',
    '{ "name" : "" , "age" : null , "level" : 123 , "tags" : [ "a" , "b" ] }',
    '{"name":"x","mood":"good","level":1\n}',
  ];
  const refused = [
    '{}',
    '{"name":"Ann"}',
    '{"level":1,"name":"Ann"}',
    '{"name":1,"level":1}',
    '{"name":"Ann","age":3.5,"level":1}',
    '{"name":"Ann","mood":"goo","level":1}',
    '{"name":"Ann","level":2}',
    '{"name":"Ann","level":1234}',
    '{"name":"Ann","level":1,"tags":[]}',
    '{"name":"Ann","level":1,"tags":["a","b","c"]}',
    '{"name":"Ann","level":1,"more":1}',
    '{"name":"Ann","level":1,}',
    '{"name":"Ann","level":1}}',
  ];
  it.each(accepted)('takes %s', (text) => {
    expect(takes(jsonSchemaGrammar(person), text)).toBe(true);
  });
  it.each(refused)('refuses %s', (text) => {
    expect(takes(jsonSchemaGrammar(person), text)).toBe(false);
  });

  it('takes of listed values those alone that are of the type beside them', () => {
    // JSON Schema 2020-12, validation, section 6.1: all keywords of a schema must hold.
    const values = [1, 1.5, 'x', true, null, [1], { a: 1 }];
    const taken = (type: unknown): unknown[] => {
      const grammar = jsonSchemaGrammar({ type, enum: values });
      return values.filter((value) => takes(grammar, JSON.stringify(value)));
    };
    expect(taken('string')).toEqual(['x']);
    expect(taken('integer')).toEqual([1]);
    expect(taken(['number', 'null'])).toEqual([1, 1.5, null]);
    expect(taken('object')).toEqual([{ a: 1 }]);
    expect(taken(['array', 'boolean'])).toEqual([true, [1]]);
    expect(takes(jsonSchemaGrammar({ type: 'number', const: 2 }), '2')).toBe(true);
  });

  it('follows references, to itself too, and alternatives', () => {
    const tree = jsonSchemaGrammar({
      type: 'object',
      properties: {
        value: { anyOf: [{ $ref: '#/$defs/leaf' }, { type: 'boolean' }] },
        children: { type: 'array', items: { $ref: '#' } },
      },
      required: ['value'],
      $defs: { leaf: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } },
    });
    expect(
      takes(tree, '{"value":{"n":-1.5e3},"children":[{"value":true},{"value":false,"children":[]}]}'),
    ).toBe(true);
    expect(takes(tree, '{"value":{"n":"1"}}')).toBe(false);
    expect(takes(tree, '{"value":true,"children":[{}]}')).toBe(false);
  });

  it('follows alternatives that read the same as one, however long the text', () => {
    const numbers = jsonSchemaGrammar({
      type: 'array',
      items: { anyOf: [{ type: 'integer' }, { type: 'number' }, { enum: [1, 1] }] },
    });
    const values = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? 1.5 : 1));
    expect(takes(numbers, JSON.stringify(values))).toBe(true);
    expect(takes(numbers, JSON.stringify([...values, true]))).toBe(false);
  });

  it('refuses what could be read in ever more ways, before it takes all memory', () => {
    const twice = (schema: object): object => ({ anyOf: [schema, schema] });
    const names = Array.from({ length: 14 }, (_, index) => `d${index}`);
    const doubled = names.map((name, index) => [name, twice({ $ref: `#/$defs/d${index + 1}` })]);
    const $defs = Object.fromEntries([...doubled, ['d14', { type: 'string' }]]);
    expect(() => jsonSchemaGrammar({ $ref: '#/$defs/d0', $defs })).toThrow('more than 256 ways');
    const nested = jsonSchemaGrammar(twice({ type: 'array', items: { $ref: '#' } }));
    expect(takes(nested, '[[[]]]')).toBe(true);
    expect(() => takes(nested, '['.repeat(40))).toThrow('more than 256 ways');
  });

  it.each([
    [{ type: 'object', properties: { a: { type: 'string', pattern: 'x' } } }, '#/properties/a: pattern'],
    [{ type: 'object', properties: { a: { oneOf: [] } } }, '#/properties/a: oneOf'],
    [{ type: 'object', required: ['a'], properties: {} }, 'names "a"'],
    [{ type: 'object', properties: { a: { $ref: 'http://x/y' } } }, '$ref other than'],
    [{ type: 'object', properties: { a: { $ref: '#/$defs/b' } } }, 'which is not there'],
    [{ type: 'object', properties: { a: { type: 'text' } } }, 'none of the types'],
    [{ type: 'array', minItems: 2, maxItems: 1 }, 'no array can meet'],
    [{ $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } } }, 'without end'],
    [{ type: 'string', const: 1 }, 'allows no value'],
    [{ type: 'text', enum: ['a'] }, 'none of the types'],
    [{ enum: [JSON.parse('['.repeat(40) + ']'.repeat(40))] }, 'value nested more than 32 deep'],

    [JSON.parse('{"items":'.repeat(40) + 'true' + '}'.repeat(40)), 'items cannot be enforced'],
    [JSON.parse('{"type":"array","items":'.repeat(40) + 'true' + '}'.repeat(40)), 'nested more than 32 deep'],
  ])('says where a schema cannot be used: %j', (schema, problem) => {
    expect(() => jsonSchemaGrammar(schema)).toThrow(problem);
  });

  it('takes so many members and values, and no more', () => {
    const values = (length: number): object => ({ enum: Array.from({ length }, (_, index) => index) });
    const schema = (length: number): object => ({
      type: 'object',
      properties: { a: values(4998), b: values(length) },
    });
    expect(() => jsonSchemaGrammar(schema(1))).toThrow('more than 5000 members');
    expect(takes(jsonSchemaGrammar({ type: 'object', properties: { a: values(4999) } }), '{"a":4998}')).toBe(
      true,
    );
  });
});

describe('JsonConstraint', async () => {
  const tokenizer = await loadTokenizer(nodeFileSystem, 'templates/starter-model');
  const tokens = new TokenBytes(tokenizer);
  const bytesOf = (token: number): Uint8Array => tokens.of(token);
  const tree = new TokenTree(tokenizer.vocabularySize, bytesOf);

  it('knows the bytes of every token: those of a text, joined, are the text', () => {
    for (const text of ['Hello, world', 'naïve café', '日本語 \u{1F600}', ' {"a": [1, 2]}\n\n']) {
      const ids = tokenizer.encode(text, { addSpecialTokens: false });
      expect(Buffer.concat(ids.map(bytesOf)).toString()).toBe(text);
    }
    for (const id of tokenizer.endOfSequenceIds) expect(bytesOf(id)).toHaveLength(0);
  });

  it('leaves just the tokens that can come next', () => {
    const constraint = new JsonConstraint(tree, bytesOf, anyObject);
    const said: number[] = [];
    const wanted = '{"naïve \u{1F600}": [1.5, true, {"x": "日本"}], "n": null}';
    for (const token of tokenizer.encode(wanted, { addSpecialTokens: false })) {
      const scores = new Float32Array(tokenizer.vocabularySize);
      constraint.restrict(scores);
      expect(scores[token]).toBe(0);
      // Each of a sample, tried byte by byte from the beginning.
      for (let other = 0; other < scores.length; other += 61) {
        let state: JsonState | undefined = startOf(anyObject);
        const bytes = bytesOf(other);
        for (const byte of Buffer.concat([...said.map(bytesOf), bytes])) state = state?.after(byte);
        expect(scores[other] === 0, tokenizer.tokenText(other)).toBe(state !== undefined && bytes.length > 0);
      }
      expect(constraint.isComplete).toBe(false);
      constraint.push(token);
      said.push(token);
    }
    expect(constraint.isComplete).toBe(true);
  });

  it('makes valid JSON of whatever a model would say, over tokens that split characters', () => {
    const random = new Random(5);
    let finished = 0;
    for (let round = 0; round < 40; round++) {
      const constraint = new JsonConstraint(tree, bytesOf, anyObject);
      const said: number[] = [];
      while (!constraint.isComplete && said.length < 60) {
        // Closing characters are likelier, so that values end.
        const scores = Float32Array.from({ length: tokenizer.vocabularySize }, (_, token) =>
          /^["}\],:]+$/.test(tokenizer.tokenText(token) ?? '') ? 1 + random.uniform() : random.uniform(),
        );
        constraint.restrict(scores);
        const token = scores.indexOf(Math.max(...scores));
        constraint.push(token);
        said.push(token);
      }
      if (!constraint.isComplete) continue;
      finished++;
      expect(isJsonObject(Buffer.concat(said.map(bytesOf)).toString())).toBe(true);
    }
    expect(finished).toBeGreaterThan(10);
  });

  it('says so when the vocabulary cannot spell JSON', () => {
    const letters = new TokenTree(1, () => Buffer.from('a'));
    const constraint = new JsonConstraint(letters, () => Buffer.from('a'), anyObject);
    expect(() => constraint.restrict(new Float32Array(1))).toThrow('cannot spell');
  });
});
