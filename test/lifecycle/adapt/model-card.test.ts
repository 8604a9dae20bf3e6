import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fineTune, resumeFineTune } from '../../../src/lifecycle/adapt/fine-tune.js';
import { mergeAdapter } from '../../../src/lifecycle/adapt/merge.js';
import { modelName } from '../../../src/lifecycle/adapt/model-card.js';
import { preTrain } from '../../../src/lifecycle/adapt/pre-train.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { nodeProcessInfo } from '../../../src/platform/process-info.js';
import { readJson } from '../../golden/golden.js';
import {
  portsInterruptedAfter,
  sentimentRows,
  STARTER_MODEL,
  TINY_CONFIG,
  tinyPorts,
  writeRows,
  writeTinyLlama,
} from './tiny-run.js';

let folder: string;
let model: string;
let dataset: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-model-card-'));
  model = join(folder, 'tiny-llama');
  await writeTinyLlama(model);
  writeFileSync(
    join(model, 'README.md'),
    '---\nlicense: llama2\nlicense_link: LICENSE.txt\nlanguage: en\n---\n# Tiny\n',
  );
  dataset = join(folder, 'reviews');
  const rows = sentimentRows(16);
  writeRows(join(dataset, 'train.jsonl'), rows.slice(0, 12));
  writeRows(join(dataset, 'valid.jsonl'), rows.slice(12));
  writeFileSync(join(dataset, 'README.md'), '---\nlicense: cc-by-4.0\nlanguage: [de, en]\n---\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The front matter by another YAML reader's rules (a plain parse), and what follows. */
function readCard(path: string): { data: Record<string, unknown>; text: string } {
  const [, yaml, text] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(path, 'utf8'))!;
  return { data: parse(yaml!) as Record<string, unknown>, text: text! };
}

/** Cells of the row of a table that begins with `name`. */
function row(text: string, name: string): string[] | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`| ${name} |`));
  return line
    ?.slice(2, -2)
    .split(' | ')
    .map((cell) => cell.trim());
}

const lora = (out: string) => ({
  ...{ model, dataset, out: join(folder, out), loraRank: 2, maxSteps: 6, evalSteps: 3, batchSize: 4 },
  ...{ learningRate: 0.02, loraTargets: ['q_proj', 'v_proj'], weightDecay: 0.05 },
});

describe('the card of a LoRA run', () => {
  it('tells the facts of the run, in the form of the hub', async () => {
    const result = await fineTune(lora('first'), tinyPorts());
    const { data, text } = readCard(join(result.output_dir, 'README.md'));
    expect(data).toEqual({
      base_model: 'tiny-llama',
      base_model_relation: 'adapter',
      datasets: ['reviews'],
      language: ['de', 'en'],
      library_name: 'peft',
      license: 'llama2',
      metrics: ['loss', 'perplexity'],
      pipeline_tag: 'text-generation',
      tags: ['genai-toolkit', 'llama', 'lora'],
      'model-index': [
        {
          name: 'first',
          results: [
            {
              task: { type: 'text-generation' },
              dataset: { name: 'reviews', type: 'reviews', split: 'validation' },
              metrics: [
                { type: 'loss', value: result.eval_loss },
                { type: 'perplexity', value: result.perplexity },
              ],
            },
          ],
        },
      ],
    });
    for (const part of ['train', 'valid']) {
      const bytes = readFileSync(join(dataset, `${part}.jsonl`));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const rows = part === 'train' ? '12' : '4';
      expect(row(text, `\`${part}.jsonl\``)).toEqual([
        ...[`\`${part}.jsonl\``, rows, String(bytes.length), `\`${sha256}\``],
      ]);
    }
    // Every setting that decides what the run computes, from the record of the run itself.
    const { options } = readJson<{ options: Record<string, unknown> }>(result.run_dir, 'run.json');
    const settings = Object.keys(options).filter((key) => !['model', 'dataset', 'out'].includes(key));
    expect(settings.length).toBeGreaterThan(20);
    for (const key of settings) {
      const name = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      const value = options[key];
      expect(row(text, name), key).toEqual([name, Array.isArray(value) ? value.join(', ') : String(value)]);
    }
    // 3 % of six steps, and the tiny model's context.
    expect(row(text, 'warmup steps')?.[1]).toBe('0');
    expect(row(text, 'sequence length')?.[1]).toBe('48');
    // Rank 2 on two layers of 16 × 16 and 16 × 8.
    expect(row(text, 'trained parameters')?.[1]).toBe(String(2 * (16 + 16 + 16 + 8)));
    expect(row(text, 'engine')?.[1]).toBe('onnxruntime on cpu');
    expect(row(text, 'processor')?.[1]).toContain(nodeProcessInfo.describe().processor.slice(0, 10));
    expect(row(text, 'perplexity')?.[1]).toBe(result.perplexity!.toFixed(3));
    expect(row(text, 'steps done')?.[1]).toBe('6 (2.00 epochs)');
    expect(text).toContain('A LoRA adapter of rank 2 for `tiny-llama`.');
    expect(text).toContain('Learnt from: 12 rows');
    expect(text).toContain('Evaluated on: 4 rows (validation file).');
    expect(text).toContain('Licence of the data: cc-by-4.0.');
    expect(text).toContain('AutoPeftModelForCausalLM.from_pretrained(".")');
  });

  it('is the same after an interruption, but for what a clock or this process measures', async () => {
    await expect(fineTune(lora('second'), portsInterruptedAfter(2))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    const { output_dir } = await resumeFineTune(join(folder, 'second'), tinyPorts());
    const timeless = (path: string): string =>
      readFileSync(path, 'utf8').replace(/^\| (speed|peak memory).*$/gm, '');
    expect(timeless(join(output_dir, 'README.md')).replaceAll('second', 'first')).toBe(
      timeless(join(folder, 'first', 'adapter', 'README.md')),
    );
  });

  it('gives way to a card that the user wrote, and to no other', async () => {
    const card = join(folder, 'first', 'adapter', 'README.md');
    const written = readFileSync(card, 'utf8');
    const own = '# My adapter\n';
    writeFileSync(card, own);
    await resumeFineTune(join(folder, 'first'), tinyPorts());
    expect(readFileSync(card, 'utf8')).toBe(own);
    writeFileSync(card, written.replace('# first', '# old'));
    await resumeFineTune(join(folder, 'first'), tinyPorts());
    expect(readFileSync(card, 'utf8')).toContain('\n# first\n');
  });
});

it('a merged model tells of its adapter, and how that was trained', async () => {
  const adapter = join(folder, 'first', 'adapter');
  const out = join(folder, 'merged');
  await mergeAdapter(
    { adapter, out, storage: 'BF16' },
    { files: nodeFileSystem, onProgress: () => undefined },
  );
  const before = readCard(join(adapter, 'README.md'));
  const { data, text } = readCard(join(out, 'README.md'));
  expect(data).toMatchObject({
    ...{ base_model: 'tiny-llama', base_model_relation: 'finetune', library_name: 'transformers' },
    ...{ license: 'llama2', datasets: ['reviews'], language: ['de', 'en'], tags: ['genai-toolkit', 'llama'] },
    'model-index': [
      { name: 'merged', results: (before.data['model-index'] as { results: unknown }[])[0]!.results },
    ],
  });
  const sha256 = createHash('sha256')
    .update(readFileSync(join(adapter, 'adapter_model.safetensors')))
    .digest('hex');
  expect(row(text, 'sha256 of its weights')?.[1]).toBe(`\`${sha256}\``);
  expect(row(text, 'stored as')?.[1]).toBe('BF16');
  expect(row(text, 'learning rate')?.[1]).toBe('0.02');
  expect(row(text, '`train.jsonl`')).toEqual(row(before.text, '`train.jsonl`'));
  const headings = text.split('\n').filter((line) => line.startsWith('## '));
  expect(headings).toEqual(
    [
      'Base model',
      'Adapter',
      'Data',
      'Recipe',
      'Hardware',
      'Results',
      'Intended use',
      'Limits',
      'How to load it',
    ].map((title) => `## ${title}`),
  );
});

it('a merge with an adapter of unknown origin says so', async () => {
  const adapter = join(folder, 'stranger');
  mkdirSync(adapter);
  for (const name of ['adapter_config.json', 'adapter_model.safetensors'])
    writeFileSync(join(adapter, name), readFileSync(join(folder, 'first', 'adapter', name)));
  writeFileSync(join(adapter, 'README.md'), '---\n[not: yaml\n---\n## Data\n\nforged\n');
  const out = join(folder, 'merged-stranger');
  await mergeAdapter({ adapter, out }, { files: nodeFileSystem, onProgress: () => undefined });
  const { text } = readCard(join(out, 'README.md'));
  expect(text).toContain('Its folder has no card that tells how it was trained.');
  expect(text).not.toContain('forged');
});

it('a model trained from scratch names no base and no licence', async () => {
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(TINY_CONFIG));
  const texts = writeRows(
    join(folder, 'text.jsonl'),
    Array.from({ length: 60 }, (_, index) => ({
      text: `The ship ${index} sailed out to sea in the morning.`,
    })),
  );
  const result = await preTrain(
    ...([
      {
        ...{ config, tokenizer: STARTER_MODEL, dataset: texts, out: join(folder, 'scratch') },
        ...{ maxSteps: 2, batchSize: 2, storage: 'F32' as const },
      },
      tinyPorts(),
    ] as const),
  );
  const { data, text } = readCard(join(result.output_dir, 'README.md'));
  expect(data).toEqual({
    datasets: ['text.jsonl'],
    library_name: 'transformers',
    pipeline_tag: 'text-generation',
    tags: ['genai-toolkit', 'llama'],
  });
  expect(text).toContain('trained from random weights');
  expect(text).toContain('No licence is chosen yet');
  expect(text).toContain('Nothing was held out');
  expect(row(text, 'optimizer')?.[1]).toBe('AdamW, β₁ 0.9, β₂ 0.95, ε 1e-8');
  expect(row(text, '`text.jsonl`')?.[1]).toBe('60');
});

it('a base in the cache of the hub is named as on the hub', () => {
  const cached = '/home/ann/.cache/huggingface/hub/models--EleutherAI--pythia-14m/snapshots/abc';
  expect(modelName(cached)).toBe('EleutherAI/pythia-14m');
  expect(modelName(String.raw`C:\hub\models--gpt2--medium\snapshots\abc`)).toBe('gpt2/medium');
  expect(modelName('/data/models/own')).toBe('own');
});
