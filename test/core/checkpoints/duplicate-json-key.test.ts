import { expect, it } from 'vitest';
import { duplicateJsonKey } from '../../../src/core/checkpoints/duplicate-json-key.js';

it.each([
  ['{}', undefined],
  ['[1, "a", {"a": "a:{"}, {"a": 1}]', undefined],
  ['{"a": {"a": {"a": 1}}, "b": ["a", "b"]}', undefined],
  ['{"a": 1, "b": 2, "a": 3}', 'a'],
  ['{"x": {"k": 1}, "y": {"k": 1, "k": 2}}', 'k'],
  // Escapes: the same key spelt in two ways, a quote and a backslash inside keys.
  ['{"A": 1, "\\u0041": 2}', 'A'],
  ['{"\\"": 1, "\\\\": 2, "\\"": 3}', '"'],
  ['{"__proto__": 1, "toString": 2}', undefined],
])('%s', (json, expected) => {
  JSON.parse(json);
  expect(duplicateJsonKey(json)).toBe(expected);
});
