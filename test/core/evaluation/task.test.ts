import { describe, expect, it } from 'vitest';
import { scoreChoices } from '../../../src/core/evaluation/choice-scores.js';
import { applyFilter, type FilterStep } from '../../../src/core/evaluation/filters.js';
import { normalizationSchema, normalizeAnswer } from '../../../src/core/evaluation/normalization.js';
import { pythonRegex, pythonReplacement } from '../../../src/core/evaluation/python-regex.js';
import { pythonText } from '../../../src/core/evaluation/python-text.js';
import { compileRowTemplate } from '../../../src/core/evaluation/row-template.js';
import {
  makeTask,
  readTask,
  taskJsonSchema,
  taskSchema,
  type TaskInput,
} from '../../../src/core/evaluation/task.js';
import { parsePromptTemplate } from '../../../src/core/prompts/prompt-template.js';

const SUMS = `task: sums
kind: generation
prompt:
  instruction: "Add.\\n\\n"
  template: "{{a}} + {{b}} ="
target: "{{ a + b }}"
`;

async function problemsOf(text: string): Promise<string[]> {
  const error: unknown = await readTask(text, 'task.yaml').catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'USAGE', hint: expect.stringMatching(/\S/) });
  return (error as Error).message.split('\n');
}

describe('a task file', () => {
  it('asks about a row, with examples and their answers before it', async () => {
    const task = await readTask(SUMS, 'task.yaml');
    expect(task.render({ a: 1, b: 2 })).toEqual({
      prompt: { kind: 'text', text: 'Add.\n\n1 + 2 =' },
      targets: ['3'],
    });
    expect(
      task.render({ a: 1, b: 2 }, [
        { a: 3, b: 4 },
        { a: 5, b: 5 },
      ]).prompt,
    ).toEqual({
      kind: 'text',
      text: 'Add.\n\n3 + 4 = 7\n\n5 + 5 = 10\n\n1 + 2 =',
    });
  });

  it('fills in what it leaves open', async () => {
    const { definition } = await readTask(SUMS, 'task.yaml');
    expect(definition).toMatchObject({
      dataset: { split: 'test', fields: {} },
      prompt: { target_separator: ' ', example_separator: '\n\n' },
      shots: { count: 0, strategy: 'random', from: 'train' },
      generation: { max_new_tokens: 256, temperature: 0, stop: [] },
      filters: [],
      normalization: { ignore_case: false, regexes_to_ignore: [] },
    });
  });

  it('tells every problem with its line, and what may have been meant', async () => {
    const text = `task: sums
kind: generaton
propmt:
  template: x
prompt:
  templat: x
shots: { count: -1, strategy: randm }
filters:
  - name: a
    steps: [trim]
  - name: a
    steps: [{ regex: "(" }]
`;
    expect(await problemsOf(text)).toEqual([
      expect.stringMatching(/^task\.yaml:2: kind: must be one of generation, .*Did you mean generation\?$/),
      expect.stringMatching(/^task\.yaml:3: unknown key "propmt"\. Did you mean prompt\?$/),
      expect.stringMatching(/^task\.yaml:6: unknown key "templat" in prompt\. Did you mean template\?$/),
      expect.stringMatching(/^task\.yaml:7: shots\.count: must be 0 or more$/),
      expect.stringMatching(/^task\.yaml:7: shots\.strategy: must be one of .*Did you mean random\?$/),
      expect.stringMatching(/^task\.yaml:10: filters\.0\.steps\.0: must be one of strip, .*/),
      expect.stringMatching(/^task\.yaml:12: filters\.1\.steps\.0.*(must be|not a regular expression)/),
    ]);
  });

  it.each([
    ['kind: generation\nprompt: { template: x }', /target: is missing; a task of kind generation needs it/],
    ['kind: multiple_choice\nprompt: { template: x }\ntarget: 0', /choices: is missing/],
    ['kind: classification\nprompt: { template: x }\ntarget: 0', /labels: is missing/],
    ['kind: generation\ntarget: x', /prompt: needs a template or a file/],
    ['kind: generation\nprompt: { template: x, file: y }\ntarget: x', /prompt\.file: stands beside template/],
    ['kind: perplexity\ntarget: x\nshots: { count: 2 }', /shots\.count: must be 0/],
    ['kind: multiple_choice\ncontexts: x\ntarget: y', /contexts: and right_context stand together/],
    [
      'kind: classification\nprompt: { template: x }\ntarget: 0\nlabels: [a, a]',
      /labels: names a label twice/,
    ],
  ])('is refused where fields do not go together: %s', async (fields, message) => {
    expect((await problemsOf(`task: t\n${fields}\n`)).join('\n')).toMatch(message);
  });

  it('describes every field', () => {
    const undescribed: string[] = [];
    const walk = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties = {}, description, items } = schema as Record<string, Record<string, unknown>>;
      if (path !== '' && !description) undescribed.push(path);
      for (const [key, inner] of Object.entries(properties!)) walk(inner, `${path}.${key}`);
      const { properties: fields = {} } = (items ?? {}) as Record<string, Record<string, unknown>>;
      for (const [key, inner] of Object.entries(fields!)) walk(inner, `${path}[].${key}`);
    };
    const schema = taskJsonSchema();
    walk(schema, '');
    expect(undescribed).toEqual([]);
    expect(Object.keys(schema['properties'] as object)).toEqual(Object.keys(taskSchema.shape));
  });

  it('cannot be broken by what stands in a row', async () => {
    const task = await readTask(SUMS.replace('"{{ a + b }}"', 'b'), 'task.yaml');
    const row = { a: '{{ b }}{% raw %}', b: '{{ a }}', function: 'x' };
    expect(task.render(row)).toMatchObject({
      prompt: { text: 'Add.\n\n{{ b }}{% raw %} + {{ a }} =' },
      targets: ['{{ a }}'],
    });
  });

  it('names the column that a row lacks', async () => {
    const task = await readTask(SUMS, 'task.yaml');
    expect(() => task.render({ aa: 1, b: 2 })).toThrow(
      expect.objectContaining({
        code: 'BAD_DATASET',
        message: expect.stringMatching(
          /task\.yaml: target: .*|task\.yaml: prompt\.template: .*"a" is not there/,
        ),
        hint: 'The row has "aa", "b".',
      }) as Error,
    );
  });

  it.each([
    ['a condition', '{{ 1 if right else 0 }}'],
    ['a comparison', "{{ right == 'yes' }}"],
    ['a block', '{% if true %}{{ right }}{% endif %}'],
    ['a loop', '{% for one in [1] %}{{ right }}{% endfor %}'],
    ['an item of a list', '{% if true %}{{ a[3] }}{% endif %}'],
  ])('does not take a missing column for false or for nothing in %s', async (_, target) => {
    // Jinja's StrictUndefined, with which lm-evaluation-harness renders, raises UndefinedError for each.
    const input = { task: 't', kind: 'generation', prompt: { template: 'a' }, target } as const;
    const task = await makeTask(input, 'here');
    expect(() => task.render({ a: ['x'] })).toThrow(/here: target: .*(?:"right"|an expression) is not there/);
  });

  it.each([
    ["{{ right if right is defined else 'none' }}", 'none'],
    ["{{ right | default('none') }}", 'none'],
    ['{% for one in a %}{{ one == "x" }}, {{ loop.index }};{% endfor %}', 'True, 1;False, 2;'],
  ])('asks for a column, and prints in blocks, as Jinja does: %s', async (target, text) => {
    const input = { task: 't', kind: 'generation', prompt: { template: 'q' }, target } as const;
    expect((await makeTask(input, 'here')).render({ q: '', a: ['x', 'y'] }).targets).toEqual([text]);
  });

  it.each([
    ['a number that no choice has', 2],
    ['a text that no choice is', 'c'],
    ['nothing', null],
  ])('refuses a target that is %s', async (_, right) => {
    const task = await makeTask(
      { task: 't', kind: 'multiple_choice', prompt: { template: 'q' }, choices: ['a', 'b'], target: 'right' },
      'here',
    );
    expect(() => task.render({ q: '?', right })).toThrow(/here: target of a row is .* none of the 2 choices/);
  });

  it('takes a choice that is itself a number for what it says', async () => {
    const task = await makeTask(
      { task: 't', kind: 'multiple_choice', prompt: { template: 'q' }, choices: ['1', '0'], target: 'right' },
      'here',
    );
    expect(task.render({ q: '?', right: '0' }).targetIndices).toEqual([1]);
    expect(task.render({ q: '?', right: 0 }).targetIndices).toEqual([0]);
  });

  it('may have its prompt in a file, which puts the examples itself', async () => {
    const file = await parsePromptTemplate(
      '---\nname: letters\nkind: chat\nvariables:\n  q: What is asked.\n  a: The answer.\n---\n' +
        '# example user\n{{ q }}\n# example assistant\n{{ a }}\n# user\n{{ q }}\n',
      'letters.prompt',
    );
    const input: TaskInput = {
      task: 't',
      kind: 'classification',
      prompt: { file: 'letters.prompt' },
      labels: ['yes', 'no'],
      target: 'a',
    };
    const task = await makeTask(input, 'here', file);
    expect(task.render({ q: 'Is it?', a: 'no' }, [{ q: 'Is he?', a: 'yes' }])).toEqual({
      prompt: {
        kind: 'chat',
        messages: [
          { role: 'user', content: 'Is he?' },
          { role: 'assistant', content: 'yes' },
          { role: 'user', content: 'Is it?' },
        ],
      },
      targets: ['no'],
      choices: [
        { text: 'yes', continuation: ' yes' },
        { text: 'no', continuation: ' no' },
      ],
      targetIndices: [1],
    });
    await expect(makeTask(input, 'here')).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a row template', () => {
  // Right sides as Jinja2 3.1 and Python 3.11 print them.
  it.each<[string, string, unknown]>([
    ['{{ word.capitalize() }}|{{ word.title() }}', 'Hello world|Hello World', 'Hello world|Hello World'],
    ['{{ pair.label.index(key) }}', '1', 1],
    ['{{ yes }} {{ nothing }} {{ list }}', "True None ['x', \"it's\"]", "True None ['x', \"it's\"]"],
    ['{{ list }}', "['x', \"it's\"]", ['x', "it's"]],
    ["{{ word | regex_replace('(?i)(h)E', '\\\\1-') }}", 'h-LLO World', 'h-LLO World'],
    ["{{ list | regex_replace('[xt]', '') }}", "['', \"i's\"]", ['', "i's"]],
    [' {{ key }}\n', ' B\n', ' B\n'],
    ['{% for item in list %}{{ loop.index }}{{ item }} {% endfor %}', "1x 2it's ", "1x 2it's "],
    ['{{ 3 / 2 }} {{ 1.0 }}', '1.5 1.0', '1.5 1.0'],
    ['key', 'B', 'B'],
    ['{{ other if other is defined else key }}', 'B', 'B'],
    ["{{ word.find('W') }}", '6', 6],
  ])('%s', async (source, text, value) => {
    const row = {
      word: 'hELLO World',
      pair: { label: ['A', 'B'] },
      key: 'B',
      yes: true,
      nothing: null,
      list: ['x', "it's"],
    };
    const template = await compileRowTemplate(source, 'here');
    expect(template.text(row)).toBe(text);
    expect(template.value(row)).toEqual(value);
  });

  it('is refused when it is no template, or its pattern is none', async () => {
    await expect(compileRowTemplate('{{ a', 'here')).rejects.toMatchObject({ code: 'USAGE' });
    const template = await compileRowTemplate("{{ a | regex_replace('(') }}", 'here');
    expect(() => template.text({ a: 'x' })).toThrow(/not a regular expression/);
  });

  it('writes values as Python does', () => {
    expect(pythonText({ a: [true, null, 1.5, 'b\n\\'], b: 'say "it\'s"' })).toBe(
      `{'a': [True, None, 1.5, 'b\\n\\\\'], 'b': 'say "it\\'s"'}`,
    );
  });
});

describe('expressions of Python', () => {
  it.each<[string, string, string[]]>([
    ['(?s).*#### ', 'a\nb #### 5', ['a\nb #### ']],
    ['(?im)^the', 'The\nthe', ['The', 'the']],
    ['\\Aa|b\\Z', 'ab ab', ['a', 'b']],
    ['(?P<first>a)(?P=first)', 'aa', ['aa']],
    ['\\$|\\-|\\,', '$-,', ['$', '-', ',']],
    ['\\\\A', '\\A', ['\\A']],
  ])('%s', (pattern, text, found) => {
    expect(text.match(pythonRegex(pattern))).toEqual(found);
  });

  it('refuses flags that change what the letters mean', () => {
    expect(() => pythonRegex('(?x) a')).toThrow('the flag x is not known');
  });

  it('replaces by groups', () => {
    expect('ab'.replace(pythonRegex('(a)(b)'), pythonReplacement('\\2$1\\g<1>\\g<0>'))).toBe('b$1aab');
  });
});

describe('filters', () => {
  it.each<[FilterStep[], string, string]>([
    [['strip', 'lowercase'], ' Yes\n', 'yes'],
    [['first_line'], '\n Paris \nis it', 'Paris'],
    [['uppercase'], 'ß', 'SS'],
    [[{ number_after: '####' }], 'x #### 1 so #### $1,234.50.', '1234.50'],
    [[{ number_after: '####' }], '#### -.5', '-.5'],
    [[{ number_after: '####' }], '5', '[invalid]'],
    [[{ map: { a: '1' }, fallback: '?' }], 'toString', '?'],
    [[{ regex: '([A-D])\\)', match: 1, fallback: 'none' }], 'A) or B)', 'B'],
    [[{ regex: '([A-D])\\)', match: 2, fallback: 'none' }], 'A) or B)', 'none'],
    [[{ regex: '[0-9]+', match: -1, fallback: 'none' }], '1 2 3', '3'],
    // As Python's str.strip, which takes U+0085 and the separators for white space, and a byte-order mark for none.
    [['strip'], '\x85 \ufeffa\u3000\x1c', '\ufeffa'],
    [[], ' as it is ', ' as it is '],
  ])('%j of %j', (steps, generated, answer) => {
    expect(applyFilter({ name: 'x', steps }, generated)).toBe(answer);
  });
});

it('normalisation leaves out expressions, case, punctuation and digits, in that order', () => {
  const settings = (given: object) => normalizationSchema.parse(given);
  expect(normalizeAnswer('A1!b_', settings({}))).toBe('A1!b_');
  expect(normalizeAnswer('A1!b_', settings({ ignore_case: true, ignore_punctuation: true }))).toBe('a1b');
  expect(normalizeAnswer('A1!b_', settings({ regexes_to_ignore: ['A'], ignore_numbers: true }))).toBe('!b_');
  // Python's string.punctuation has 32 characters; others, as “ and ¿, stay.
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
  expect(normalizeAnswer(`${ascii}“¿`, settings({ ignore_punctuation: true }))).toHaveLength(95 - 32 + 2);
});

describe('scores of choices', () => {
  it('divides by characters for acc_norm and by bytes for acc_bytes', () => {
    // By hand: -8 / 2 = -4 and -9 / 3 = -3 by characters; -8 / 2 = -4 and -9 / 9 = -1 by bytes.
    const scores = scoreChoices([-8, -9], ['ab', '四角形'], [1]);
    expect(scores).toMatchObject({ predicted: 0, acc: 0, acc_norm: 1, acc_bytes: 1 });
    // An emoji is one character and four bytes: -6 / 1 against -5 / 1; -6 / 4 against -5 / 1.
    expect(scoreChoices([-6, -5], ['🟥', 'a'], [0])).toMatchObject({ acc: 0, acc_norm: 0, acc_bytes: 1 });
  });

  it('takes the first of equal choices, and gives the mass of the right ones', () => {
    const half = Math.log(0.5);
    expect(scoreChoices([half, half, 2 * half], ['a', 'b', 'c'], [1, 2])).toMatchObject({
      predicted: 0,
      acc: 0,
      probability_mass: expect.closeTo(0.6, 12),
    });
    // Probabilities far below the smallest number still have their shares.
    expect(scoreChoices([-2000, -2000 + Math.log(3)], ['a', 'b'], [0]).probability_mass).toBeCloseTo(
      0.25,
      12,
    );
  });
});
