import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Row {
  category: string;
  prompt: string;
  choices: string[];
  answer: number;
}

const FILE = fileURLToPath(new URL('../../datasets/general/test.jsonl', import.meta.url));
const rows = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

const categories = [...new Set(rows.map(({ category }) => category))];
const of = (category: string): Row[] => rows.filter((row) => row.category === category);

describe('the general set', () => {
  it('has the rows that its README tells', () => {
    expect(Object.fromEntries(categories.map((category) => [category, of(category).length]))).toEqual({
      ...{ grammar: 80, completion: 50, facts: 50, arithmetic: 40 },
    });
  });

  it('asks nothing twice, and has no choice twice', () => {
    expect(new Set(rows.map(({ prompt, choices }) => `${prompt} ${[...choices].sort().join()}`)).size).toBe(
      rows.length,
    );
    expect(new Set(rows.map(({ prompt }) => prompt)).size).toBe(rows.length);
    for (const { choices } of rows) expect(new Set(choices).size).toBe(choices.length);
  });

  it.each(categories)('has as many choices in every row of %s, and right ones in every place', (category) => {
    const own = of(category);
    const places = category === 'grammar' ? 2 : 4;
    expect(own.every(({ choices }) => choices.length === places)).toBe(true);
    const counts = Array.from({ length: places }, (_, place) => own.filter(({ answer }) => answer === place).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it('is right in its sums', () => {
    for (const { prompt, choices, answer } of of('arithmetic')) {
      const [, a, sign, b] = /^(\d+) ([-+×]) (\d+) =$/.exec(prompt)!;
      const [x, y] = [Number(a), Number(b)];
      const results = { '+': x + y, '-': x - y, '×': x * y };
      expect(choices[answer], prompt).toBe(String(results[sign as keyof typeof results]));
    }
  });

  it('prefers neither the first nor the second form of a pair by its place', () => {
    // "is" is right as often in the first place as in the second, or nearly.
    const singular = of('grammar').filter(({ choices, answer }) => choices[answer]!.startsWith('is '));
    const first = singular.filter(({ answer }) => answer === 0).length;
    expect(Math.abs(singular.length - 2 * first)).toBeLessThanOrEqual(2);
  });
});
