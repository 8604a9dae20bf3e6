import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import FineTune from '../../src/commands/adapt/fine-tune.js';
import Merge from '../../src/commands/adapt/merge.js';
import Chat, { type ChatResult } from '../../src/commands/chat.js';
import Evaluate from '../../src/commands/evaluate/index.js';
import Generate from '../../src/commands/generate.js';
import { loadTokenizer } from '../../src/core/tokenizers/tokenizer.js';
import type { CompletionResult } from '../../src/lifecycle/generate/generate-text.js';
import { nodeFileSystem } from '../../src/platform/file-system.js';
import { runCommand } from '../cli/run-command.js';
import { writeAsGguf } from '../core/checkpoints/gguf/written-model.js';
import { sentimentRows, STARTER_MODEL, writeRows } from '../lifecycle/adapt/tiny-run.js';

/** The starter model as GGUF, in 16 bits and in 8. */
let folder: string;
let [halves, eighths]: string[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-gguf-models-'));
  [halves, eighths] = [join(folder, 'starter-F16.gguf'), join(folder, 'starter-Q8_0.gguf')];
  await writeAsGguf(STARTER_MODEL, { type: 'F16' }, halves);
  await writeAsGguf(STARTER_MODEL, { type: 'Q8_0' }, eighths);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function generated(model: string, ...flags: string[]): Promise<string> {
  const argv = [
    model,
    '--prompt',
    'A dog is',
    '--max-new-tokens',
    '12',
    '--temperature',
    '0',
    '--threads',
    '1',
  ];
  const { result, error } = await runCommand(Generate, [...argv, ...flags]);
  expect(error).toBeUndefined();
  return (result as CompletionResult).text;
}

async function firstAnswer(model: string): Promise<string> {
  class PipedChat extends Chat {
    protected override get input() {
      return Readable.from(['What is a dog?\n']);
    }
  }
  const flags = ['--max-new-tokens', '12', '--temperature', '0', '--threads', '1', '--quiet'];
  const { result } = await runCommand(PipedChat, [model, ...flags]);
  return (result as ChatResult).turns[0]!.assistant;
}

describe('a GGUF file as a model', () => {
  it('says in 16 bits what the folder says that it was made from', async () => {
    expect(await generated(halves!)).toBe(await generated(STARTER_MODEL));
    expect(await firstAnswer(halves!)).toBe(await firstAnswer(STARTER_MODEL));
  });

  it('generates with quantised weights', async () => {
    expect((await generated(eighths!)).length).toBeGreaterThan(10);
  });

  it('is evaluated as the folder is', async () => {
    const dataset = writeRows(join(folder, 'texts.jsonl'), [{ text: 'A dog is a domesticated animal.' }]);
    const measure = async (model: string): Promise<number> => {
      const out = join(folder, `measured-${model.split('/').at(-1)}`);
      const { result, error } = await runCommand(Evaluate, [
        ...[model, '--dataset', dataset, '--metric', 'perplexity', '--out', out, '--quiet', '--threads', '1'],
      ]);
      expect(error).toBeUndefined();
      const { metrics } = result as { metrics: { value: number }[] };
      return metrics[0]!.value;
    };
    const [own, inHalves, inEighths] = [
      await measure(STARTER_MODEL),
      await measure(halves!),
      await measure(eighths!),
    ];
    expect(inHalves).toBe(own);
    expect(Math.abs(inEighths / own - 1)).toBeLessThan(0.02);
  });

  it('is fine-tuned, says that it is dequantised, and is merged into a folder of its own', async () => {
    const out = join(folder, 'run');
    const dataset = writeRows(join(folder, 'rows.jsonl'), sentimentRows(8));
    const flags = ['--dataset', dataset, '--out', out, '--max-steps', '2', '--learning-rate', '5e-3'];
    const { stderr, error } = await runCommand(FineTune, ['--model', eighths!, ...flags, '--threads', '1']);
    expect(error).toBeUndefined();
    expect(stderr).toContain(
      "The model's weights are quantised (Q8_0): training works on their dequantised values",
    );

    const merged = join(folder, 'merged');
    const { error: mergeError } = await runCommand(Merge, ['--adapter', out, '--out', merged]);
    expect(mergeError).toBeUndefined();
    expect(existsSync(join(merged, 'model.safetensors'))).toBe(true);
    expect(JSON.parse(readFileSync(join(merged, 'config.json'), 'utf8'))).toMatchObject({
      model_type: 'llama',
      torch_dtype: 'float32',
    });
    expect(await generated(merged)).toBe(await generated(out));
    expect(await generated(eighths!, '--adapter', out)).toBe(await generated(out));

    const texts = ["I'VE  two spaces,\n\n 123 日本語 🦙", '<|user|>\nHi<|endoftext|>'];
    const [own, saved] = [
      await loadTokenizer(nodeFileSystem, STARTER_MODEL),
      await loadTokenizer(nodeFileSystem, merged),
    ];
    expect(texts.map((text) => saved.encode(text))).toEqual(texts.map((text) => own.encode(text)));
    expect({ ends: saved.endOfSequenceIds, pad: saved.padId }).toEqual({ ends: [0], pad: 1 });
  });
});
