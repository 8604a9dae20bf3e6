import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findModelCard } from '../../../src/core/model-cards/find-model-card.js';
import { grounds, meets } from '../../../src/core/scope/conditions.js';
import { BLOOMBERG_MIX, NEXT_COMMANDS, PLAN_RULES, THRESHOLDS } from '../../../src/core/scope/plan-rules.js';
import { planProject, type Advice, type Plan } from '../../../src/core/scope/plan.js';
import { checkScope, type ScopeInput } from '../../../src/core/scope/scope.js';
import { findScopeTask, SCOPE_TASK_NAMES, scopeTask } from '../../../src/core/scope/tasks.js';

type Fields = Partial<ScopeInput>;

const plan = (fields: Fields): Plan =>
  planProject(checkScope({ version: 1, name: 'project', task: 'conversational', ...fields }));

const advice = (fields: Fields, rule: string): Advice => {
  const found = plan(fields).advice.find((entry) => entry.rule === rule);
  if (found === undefined) throw new Error(`${rule} does not fit`);
  return found;
};

const domain = (tokens_available: number | null): Fields['domain'] => ({
  name: 'finance',
  unusual_vocabulary: true,
  tokens_available,
});

/** For every rule a scope that it fits. */
const FITTING: Readonly<Record<string, Fields>> = {
  'family-labels-with-few-examples': { task: 'text-classification', labelled_examples: 499 },
  'family-labels': { task: 'token-classification', labelled_examples: 500 },
  'family-retrieval': { task: 'sentence-similarity' },
  'family-long-input': { task: 'summarization', input_tokens: 1025 },
  'family-text-to-text': { task: 'translation', input_tokens: 1024 },
  'family-writing': { task: 'code-generation' },
  'adaptation-retriever': { task: 'sentence-similarity', labelled_examples: 1000 },
  'adaptation-embedding-model': { task: 'sentence-similarity', labelled_examples: 999 },
  'adaptation-small-model': { privacy: 'on-device', labelled_examples: 500 },
  'adaptation-label-head': { task: 'text-classification', labelled_examples: 500 },
  'adaptation-labels-uncounted': { task: 'text-classification' },
  'adaptation-fine-tune': { labelled_examples: 500 },
  'adaptation-few-shot': { labelled_examples: 499 },
  'adaptation-zero-shot': { labelled_examples: 0 },
  'alignment-preferences': { task: 'conversational' },
  'pretraining-decoder-from-scratch': { domain: domain(363e9) },
  'pretraining-encoder-from-scratch': { task: 'token-classification', domain: domain(4.1e9) },
  'pretraining-continued': { domain: domain(2.11e9) },
  'pretraining-task-adaptive': { domain: domain(2.1e9) },
  'pretraining-gather-text': { domain: domain(null) },
  'pretraining-unsettled': { domain: { name: 'medicine' } },
  'pretraining-none': { domain: { name: 'sport', unusual_vocabulary: false } },
  ...Object.fromEntries(
    SCOPE_TASK_NAMES.flatMap((task) => [
      [`metric-${task}`, { task }],
      [`data-${task}`, { task }],
    ]),
  ),
  'metric-unusual': { task: 'translation', quality: { metric: 'rougeL' } },
  'data-test-rows': { quality: { metric: 'win_rate', target: 0.5 } },
  'running-own-machines': { privacy: 'no-external-services' },
  'running-on-device': { privacy: 'on-device' },
  'running-memory': { hardware: { memory_gb: 24 } },
  'running-speed': { latency: { tokens_per_second: 20 } },
  'running-volume': { volume: { requests_per_day: 1000 }, input_tokens: 500 },
  'running-budget': {
    volume: { requests_per_day: 1000 },
    input_tokens: 500,
    output_tokens: 100,
    budget: { usd_per_month: 100 },
  },
  'running-commercial-use': { licence: { commercial_use: true } },
  'running-derivatives': { licence: { derivatives: true } },
};

describe('the table of rules', () => {
  it('has a scope here for every rule, and no rule twice', () => {
    expect(PLAN_RULES.map(({ id }) => id).sort()).toEqual(Object.keys(FITTING).sort());
  });

  it.each(PLAN_RULES.map((rule) => [rule.id, rule] as const))(
    '%s fits some project, says why, and from where',
    (id) => {
      const found = advice(FITTING[id]!, id);
      expect(found.reason).toMatch(/^[A-Z].{20,}\.$/s);
      expect(found.advice).toMatch(/^[A-Z0-9].{5,}\.$/s);
      expect(found.source).toMatch(
        /arXiv \d{4}\.\d{5}|https:|course|\(DeepLearning\.AI|Manning|scope|licence|distribution/,
      );
      // Every brace was filled, with something that is known.
      expect(found.advice).not.toMatch(/[{}]|null|undefined|NaN/);
    },
  );

  it.each(SCOPE_TASK_NAMES)('settles everything for %s, however little else is known', (task) => {
    const found = plan({ task });
    expect(found.families.length).toBeGreaterThan(0);
    expect(['prompt', 'as-is']).toContain(found.approach);
    expect(found.pre_training).toBe('none');
    expect(scopeTask(task).metrics).toContain(found.metric.name);
    expect(found.data.missing).toBe(found.data.examples);
    expect(found.data.examples).toBeGreaterThanOrEqual(THRESHOLDS.fineTuning);
    expect(found.next_commands[0]?.command).toBe('genai select recommend --scope scope.yaml');
  });

  it('gives one advice on what only one can be given on', () => {
    const topics = plan({ task: 'conversational', labelled_examples: 2000, domain: domain(4e11) }).advice.map(
      ({ topic }) => topic,
    );
    for (const topic of ['family', 'adaptation', 'alignment', 'pre-training'] as const) {
      expect(topics.filter((other) => other === topic)).toHaveLength(1);
    }
  });
});

// The course's pairs of task and architecture: labels to encoders, text to text to both, writing to decoders.
describe('architecture', () => {
  it.each([
    ['text-classification', 'encoder'],
    ['token-classification', 'encoder'],
    ['translation', 'encoder-decoder'],
    ['summarization', 'encoder-decoder'],
    ['question-answering', 'encoder-decoder'],
    ['text-generation', 'decoder'],
    ['conversational', 'decoder'],
  ] as const)('%s: %s', (task, family) => {
    expect(plan({ task }).families[0]).toBe(family);
  });

  it('reads no more into an encoder–decoder than the published ones take', async () => {
    const contexts = await Promise.all(
      ['bart-large', 't5-base'].map(async (id) => (await findModelCard(id))!.context),
    );
    expect(THRESHOLDS.encoderDecoderContext).toBe(Math.max(...contexts));
  });
});

describe('pre-training', () => {
  it('keeps BloombergGPT’s figures as its card has them: 51 % finance', async () => {
    const card = (await findModelCard('bloomberggpt-50b'))!;
    expect(BLOOMBERG_MIX.trainedTokens).toBe(card.trainingTokens);
    expect(card.trainingData).toContain('363B tokens of financial text, 51 %');
    expect(card.trainingData).toContain('345B tokens, 49 %');
    const { domainTokens, generalTokens } = BLOOMBERG_MIX;
    expect(Math.round((100 * domainTokens) / (domainTokens + generalTokens))).toBe(51);
  });

  it('mixes as BloombergGPT did: 363B tokens want 345B public ones, 708B in all, for 35.4B parameters', () => {
    const found = advice({ domain: domain(363e9) }, 'pretraining-decoder-from-scratch');
    expect(found.figures.general_tokens?.value).toBeCloseTo(345e9, -3);
    expect(found.figures.corpus_tokens?.value).toBeCloseTo(708e9, -3);
    // Chinchilla: 708e9 / 20.
    expect(found.figures.parameters?.value).toBeCloseTo(35.4e9, -3);
    expect(found.advice).toContain(
      '345B tokens of public text beside it make 708B, enough for 35.4B parameters',
    );
    expect(plan({ domain: domain(363e9) }).next_commands.map(({ command }) => command)).toContain(
      'genai estimate time 35.4B --tokens 708B --gpu H100 --gpus 512',
    );
  });

  it.each([
    ['conversational', 362e9, 'continued'],
    ['token-classification', 362e9, 'from-scratch'],
    ['token-classification', 4e9, 'continued'],
    ['conversational', 1e6, 'task-adaptive'],
    ['conversational', 0, 'gather-text'],
  ] as const)('%s on %d tokens: %s', (task, tokens, expected) => {
    expect(plan({ task, domain: domain(tokens) }).pre_training).toBe(expected);
  });
});

describe('figures, by hand', () => {
  it('0.9 to 3 points takes 385 rows: 1.96² · 0.9 · 0.1 / 0.03² = 384.16', () => {
    const found = advice({ quality: { metric: 'accuracy', target: 0.9 } }, 'data-test-rows');
    expect(found.figures.rows?.value).toBe(385);
  });

  it('24 GB hold 12B parameters in 2 bytes, 48B in half a byte, and train 1B in 24', () => {
    const { figures } = advice({ hardware: { memory_gb: 24 } }, 'running-memory');
    expect([figures.held?.value, figures.held_4_bit?.value, figures.trained?.value]).toEqual([
      12e9, 48e9, 1e9,
    ]);
  });

  it('an A10G has 24 GB by the table of accelerators, unless the scope says otherwise', () => {
    const held = (hardware: Fields['hardware']): unknown =>
      advice({ hardware }, 'running-memory').figures.held?.value;
    expect(held({ gpu: 'A10G' })).toBe(12e9);
    expect(held({ gpu: 'A10G', memory_gb: 10 })).toBe(5e9);
    expect(plan({ hardware: { gpu: 'unheard of' } }).advice.map(({ rule }) => rule)).not.toContain(
      'running-memory',
    );
  });

  it('1,000 requests of 600 tokens for 182.64 dollars a month: 10 dollars for a million', () => {
    const found = advice(
      { ...FITTING['running-budget'], budget: { usd_per_month: 182.64 } },
      'running-budget',
    );
    expect(found.figures.price?.value).toBeCloseTo(10, 10);
    expect(advice(FITTING['running-budget']!, 'running-volume').advice).toContain('600,000 tokens a day');
  });

  it('20 tokens a second read 40 GB/s for each billion parameters', () => {
    expect(advice({ latency: { tokens_per_second: 20 } }, 'running-speed').figures.bandwidth?.value).toBe(40);
  });

  it('keeps the metric that was asked for, and counts what is missing', () => {
    const found = plan({
      task: 'summarization',
      labelled_examples: 800,
      quality: { metric: 'rouge2', target: 0.2 },
    });
    expect(found.metric).toEqual({ name: 'rouge2', target: 0.2, chosen_by: 'scope' });
    expect(found.data).toEqual({ examples: 1000, available: 800, missing: 200 });
  });
});

describe('next commands', () => {
  it.each(NEXT_COMMANDS.map(({ command }) => command))(
    '%s is a command of this toolkit, with flags it has',
    async (line) => {
      const [, ...words] = line.split(' ');
      // A topic may be a command itself: evaluate.
      const file = [words.slice(0, 2).join('/'), words[0]!, `${words[0]!}/index`]
        .map((path) => fileURLToPath(new URL(`../../../src/commands/${path}.ts`, import.meta.url)))
        .find((path) => existsSync(path))!;
      expect(file, line).toBeDefined();
      const command = (await import(/* @vite-ignore */ file)) as {
        default: { flags: Record<string, unknown> };
      };
      const flags = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
      expect(Object.keys(command.default.flags)).toEqual(expect.arrayContaining(flags));
    },
  );

  it('quotes what comes from the scope for a shell', () => {
    const { next_commands: commands } = plan({
      labelled_examples: 500,
      hardware: { gpu: "it's; rm -rf $HOME", memory_gb: 1 },
    });
    expect(commands.map(({ command }) => command)).toContain(
      String.raw`genai estimate memory MODEL --method lora --gpu 'it'\''s; rm -rf $HOME'`,
    );
  });
});

describe('conditions', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 2 }, { a: [1, 2] }, true],
    [{ a: 3 }, { a: [1, 2] }, false],
    [{ a: null }, { a: null }, true],
    [{}, { a: null }, true],
    [{ a: 0 }, { a: { known: true } }, true],
    [{ a: null }, { a: { known: true } }, false],
    [{ a: null }, { a: { below: 5 } }, false],
    [{ a: 5 }, { a: { atLeast: 5, below: 6 } }, true],
    [{ a: 6 }, { a: { atLeast: 5, below: 6 } }, false],
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, false],
    [{ a: false }, {}, true],
  ] as const)('%j meets %j: %s', (facts, condition, expected) => {
    expect(meets(facts, condition)).toBe(expected);
  });

  it('are told in words, with what the facts are', () => {
    const facts = { task: 'b', x: 4200, y: null, z: true };
    const condition = {
      task: ['a', 'b'],
      x: { atLeast: 1000, below: 5e6 },
      y: null,
      z: { known: true },
    } as const;
    expect(grounds(facts, condition)).toEqual([
      'task is b',
      'x is 4,200 (1,000 or more, below 5,000,000)',
      'y is not said',
      'z is true',
    ]);
  });
});

describe('tasks by everyday words', () => {
  it.each([
    ['essay writing', 'text-generation'],
    ['Summarisation', 'summarization'],
    ['NER', 'token-classification'],
    ['named-entity recognition', 'token-classification'],
    ['information retrieval', 'sentence-similarity'],
    ['invoking APIs and actions', 'tool-calling'],
    ['chat', 'conversational'],
    ['code', 'code-generation'],
    ['text-classification', 'text-classification'],
  ])('%s: %s', (word, task) => {
    expect(findScopeTask(word)).toBe(task);
  });

  it('no word means two tasks', () => {
    const words = SCOPE_TASK_NAMES.flatMap((name) => [name, ...scopeTask(name).words]).map((word) =>
      word.toLowerCase().replace(/[^a-z]/g, ''),
    );
    expect(new Set(words).size).toBe(words.length);
    expect(findScopeTask('juggling')).toBeUndefined();
  });
});
