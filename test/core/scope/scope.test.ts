import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { SCOPE_FIELDS } from '../../../src/core/scope/scope-fields.js';
import {
  checkScope,
  parseScope,
  scopeJsonSchema,
  writeScope,
  type Scope,
  type ScopeInput,
} from '../../../src/core/scope/scope.js';

const LEAST: ScopeInput = { version: 1, name: 'briefs', task: 'summarization' };

/** A value in every field. */
const FULL: Scope = {
  version: 1,
  name: 'briefs',
  task: 'summarization',
  description: 'Legal briefs come in, five sentences go out.',
  example: { input: 'The parties …', output: 'A dispute over rent.' },
  input_tokens: 3000,
  output_tokens: 200,
  languages: ['en', 'de'],
  domain: { name: 'law', unusual_vocabulary: true, tokens_available: 3e9 },
  labelled_examples: 800,
  quality: { metric: 'rougeL', target: 0.4 },
  latency: { first_token_seconds: 0.5, tokens_per_second: 20 },
  volume: { requests_per_day: 1000, concurrent: 4 },
  privacy: 'no-external-services',
  hardware: { gpu: 'H100', gpus: 2, memory_gb: 80 },
  budget: { usd: 5000, usd_per_month: 300 },
  licence: { commercial_use: true, derivatives: false },
};

function failure(text: string): ToolkitError {
  try {
    parseScope(text, 'scope.yaml');
  } catch (error) {
    if (error instanceof ToolkitError) return error;
    throw error;
  }
  throw new Error('it was read');
}

const problems = (text: string): string[] => failure(text).message.split('\n');

/** A right scope with these lines after it. */
const withLines = (...lines: string[]): string =>
  ['version: 1', 'name: briefs', 'task: summarization', ...lines].join('\n');

describe('a scope that is written', () => {
  it.each<[string, Scope]>([
    ['with every field', FULL],
    ['with the least', checkScope(LEAST)],
  ])('is read back the same, %s', (_, scope) => {
    expect(parseScope(writeScope(scope), 'scope.yaml')).toEqual(scope);
  });

  // Texts that YAML 1.1 or 1.2 could take for something else, and characters that need escapes.
  it.each([
    ...[
      'yes',
      'null',
      '~',
      '1',
      '1e3',
      '0x1f',
      '.inf',
      '2026-11-23',
      'true',
      '- a',
      '? a',
      '#no',
      'a: b',
      'a #b',
    ],
    ...[
      ' lead',
      'trail ',
      '"',
      "'",
      '%YAML',
      '@a',
      '`a`',
      '!tag',
      '&a',
      '*a',
      '<<',
      '[a',
      '{a',
      '|',
      '>',
      '---',
      '\\n',
    ],
    ...['é 日本 😀', '\ufeffmark', 'no\u00a0break', 'a'.repeat(200)],
  ])('keeps the name %j', (name) => {
    expect(parseScope(writeScope(checkScope({ ...LEAST, name })), 'x').name).toBe(name);
  });

  it.each([
    ...[
      'two\nlines',
      '\nlead',
      'trail\n',
      'trail\n\n\n',
      '  indented\n more\n',
      'a\r\nb\rc',
      '\t',
      '\u0000\u0007\u001b[31m',
    ],
    ...['\u0085\u2028\u2029', '# comment\n# again', '--- \n...\n', 'x'.repeat(20_000), '\n \n  \n'],
  ])('keeps the text %j', (text) => {
    const scope = checkScope({ ...LEAST, description: text, example: { input: text, output: text } });
    expect(parseScope(writeScope(scope), 'x')).toEqual(scope);
  });

  it('keeps three hundred texts of the characters that YAML minds', () => {
    const alphabet = Array.from('\n\n  \t\r-:#?[]{},&*!|>%@`"\\\'~<=ab1.\u0085\u2028\ufeff\u0000é😀');
    // Numerical Recipes' linear congruential generator: the same texts every time.
    let state = 1;
    const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
    for (let round = 0; round < 300; round++) {
      const length = 1 + Math.floor(next() * 12);
      const description = Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join(
        '',
      );
      const scope = checkScope({ ...LEAST, description, example: { input: description } });
      expect(parseScope(writeScope(scope), 'x'), JSON.stringify(description)).toEqual(scope);
    }
  });

  it('is what another reader of YAML sees, with a comment over every field', () => {
    const text = writeScope(FULL);
    expect(parse(text, { version: '1.1' })).toEqual(FULL);
    const lines = text.split('\n');
    for (const { path, description } of SCOPE_FIELDS) {
      const key = path.split('.').at(-1)!;
      const indent = '  '.repeat(path.split('.').length - 1);
      const index = lines.findIndex((line) => line.startsWith(`${indent}${key}:`));
      expect(index, path).toBeGreaterThan(0);
      expect(lines[index - 1], path).toMatch(new RegExp(`^${indent}# `));
      expect(description.length, path).toBeGreaterThan(10);
      expect(text.replaceAll(/\n\s*# /g, ' ')).toContain(description);
    }
  });
});

describe('a scope that is read', () => {
  it('may leave out all but version, name and task', () => {
    const scope = parseScope(withLines(), 'x');
    expect(scope).toEqual(checkScope(LEAST));
    expect(scope).toMatchObject({ privacy: null, languages: [], quality: { metric: null, target: null } });
  });

  it('tells every problem at once, with line and near matches', () => {
    const text = [
      'version: 2',
      'name: 3',
      'task: NER',
      'languags: [en]',
      'metric: f1',
      'quality:',
      '  metrc: f1',
      'hardware: 4',
      'languages: de',
      'privacy: on-devise',
      'labelled_examples: -1',
      'volume: {concurrent: 1.5}',
    ].join('\n');
    const found = problems(text);
    const expected = [
      [1, 'version: must be 1'],
      [2, 'name: must be text; put it in quotes'],
      [3, 'task: is written token-classification here'],
      [4, 'unknown key "languags". Did you mean languages?'],
      [5, 'unknown key "metric". Did you mean quality.metric?'],
      [7, 'unknown key "metrc" in quality. Did you mean metric?'],
      [8, 'hardware: must hold the fields gpu, gpus, memory_gb'],
      [9, 'languages: must be a list, such as [en, de]'],
      [10, 'privacy: must be one of anything, no-external-services, on-device. Did you mean on-device?'],
      [11, 'labelled_examples: must be 0 or more'],
      [12, 'volume.concurrent: must be a whole number'],
    ] as const;
    expect(found).toEqual(expected.map(([line, message]) => `scope.yaml:${line}: ${message}`));
    expect(failure(text).code).toBe('USAGE');
  });

  it.each<[string, string[], RegExp]>([
    ['what is missing', ['version: 1'], /name: is missing\n.*task: is missing/],
    ['a repeated key', [withLines('name: other')], /:4: the same key stands here twice/],
    [
      'a repeated key of a group',
      [withLines('quality:', '  metric: f1', '  metric: bleu')],
      /:6: the same key/,
    ],
    [
      'a target without a metric',
      [withLines('quality: {target: 0.5}')],
      /:4: quality.target: needs the metric/,
    ],
    [
      'a target past the best',
      [withLines('quality: {metric: f1, target: 90}')],
      /must be at most 1, the best/,
    ],
    [
      'a language by its name',
      [withLines('languages: [en, german]')],
      /languages.1: must be an ISO 639 code/,
    ],
    ['a language twice', [withLines('languages: [en, en]')], /names a language twice/],
    ['an empty text', [withLines('description: ""')], /must not be empty/],
    ['half a character', [withLines(String.raw`description: "\uD800"`)], /half a character/],
    [
      'a name of two lines',
      ['version: 1', String.raw`name: "a\nb"`, 'task: translation'],
      /:2: name: must be one line/,
    ],
    ['a number that is none', [withLines('labelled_examples: .nan')], /labelled_examples: must be a number/],
    ['an infinite number', [withLines('labelled_examples: 1e999')], /labelled_examples: must be/],
    ['a text for a number', [withLines('labelled_examples: "800"')], /labelled_examples: must be a number/],
    ['a text for yes or no', [withLines('licence: {derivatives: yes}')], /must be true or false/],
    ['nothing', [''], /must hold the fields of a scope/],
    ['a list', ['- version: 1'], /must hold the fields of a scope/],
    ['a text', ['scope'], /must hold the fields of a scope/],
    ['tabs for blanks', [withLines('quality:', '\tmetric: f1')], /:5: Tabs/],
  ])('refuses %s', (_, lines, message) => {
    expect(failure(lines.join('\n')).message).toMatch(message);
  });
});

describe('YAML that is not what it seems', () => {
  // Nine levels of nine aliases each: a billion times "lol".
  const bomb = [
    'a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]',
    ...Array.from('bcdefghi', (name, index) => {
      const before = 'abcdefghi'[index]!;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`;
    }),
  ].join('\n');

  it.each<[string, string, RegExp]>([
    ['aliases within aliases', bomb, /an anchor \(&\) has no meaning/],
    ['an alias', withLines('description: &x a', 'privacy: *x'), /:5: an alias/],
    ['an alias to nothing', withLines('privacy: *x'), /:4: .*[Aa]lias/],
    ['a merge key', withLines('<<: {privacy: anything}'), /:4: unknown key "<<"/],
    ['a tag of JavaScript', withLines('description: !!js/function "x"'), /:4: Unresolved tag/],
    ['a tag of YAML', withLines('input_tokens: !!int 3'), /:4: a tag \(!\)/],
    ['a tag of one’s own', withLines('description: !secret x'), /:4: Unresolved tag/],
    ['a key that is a list', '? [a]\n: b', /:1: a key must be text/],
    ['two documents', `${withLines()}\n---\nversion: 1`, /:4: a second document/],
    ['a prototype', withLines('__proto__: {privacy: anything}'), /:4: unknown key "__proto__"/],
    ['a constructor', withLines('quality: {constructor: 1}'), /unknown key "constructor" in quality/],
    ['brackets by the thousand', '['.repeat(100_000), /more than 20 deep/],
    ['braces by the thousand', '{a: '.repeat(50_000), /more than 20 deep/],
    ['1 MB of text', `# ${'x'.repeat(1_000_000)}\n${withLines()}`, /1,000,0\d\d characters/],
    [
      'a thousand unknown keys',
      Array.from({ length: 1000 }, (_, i) => `k${i}: 1`).join('\n'),
      /and 98\d more/,
    ],
    ['a key of 100,000 characters', `${'k'.repeat(100_000)}: 1`, /1024/],
  ])('is refused in words and in time: %s', (_, text, message) => {
    const error = failure(text);
    expect(error.message).toMatch(message);
    expect(error.code).toBe('USAGE');
    expect(error.message.length).toBeLessThan(6000);
  });

  it('takes no pollution along', () => {
    failure(withLines('__proto__: {polluted: true}'));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('the published schema', () => {
  const schema = scopeJsonSchema() as {
    required: string[];
    additionalProperties: boolean;
    properties: Record<
      string,
      { description: string; properties?: Record<string, unknown>; additionalProperties?: boolean }
    >;
  };

  it('asks for what the reader asks for, and forbids other keys', () => {
    expect(schema.required).toEqual(['version', 'name', 'task']);
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.quality?.additionalProperties).toBe(false);
  });

  it('describes every field', () => {
    const paths = Object.entries(schema.properties).flatMap(([key, { properties }]) => [
      key,
      ...Object.keys(properties ?? {}).map((inner) => `${key}.${inner}`),
    ]);
    expect(paths).toEqual(SCOPE_FIELDS.map(({ path }) => path));
    for (const { description } of Object.values(schema.properties))
      expect(description.length).toBeGreaterThan(10);
  });
});
