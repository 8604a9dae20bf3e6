import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resumeFineTune } from '../../../src/lifecycle/adapt/fine-tune.js';
import { preTrain, resumePreTrain, type PreTrainOptions } from '../../../src/lifecycle/adapt/pre-train.js';
import { readJson } from '../../golden/golden.js';
import {
  lossesOf,
  portsInterruptedAfter,
  STARTER_MODEL,
  TINY_CONFIG,
  tinyPorts,
  untimedMetrics,
  writeRows,
} from './tiny-run.js';

let folder: string;
let options: PreTrainOptions;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-pre-train-'));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ ...TINY_CONFIG, initializer_range: 0.02 }));
  const sentence = 'The cat sat on the mat and the dog sat on the log. ';
  const dataset = join(folder, 'data');
  writeRows(join(dataset, 'train.jsonl'), Array<object>(12).fill({ text: sentence.repeat(4) }));
  writeRows(join(dataset, 'valid.jsonl'), Array<object>(4).fill({ text: sentence.repeat(4) }));
  options = {
    ...{
      config,
      tokenizer: STARTER_MODEL,
      dataset,
      out: join(folder, 'run'),
      sequenceLength: 24,
      batchSize: 4,
    },
    ...{ learningRate: 2e-2, warmupSteps: 2, maxSteps: 40, epochs: 100, evalSteps: 10, storage: 'F32' },
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('pre-training', () => {
  it('learns a text by heart, and goes on to the same bits when interrupted', async () => {
    const whole = await preTrain({ ...options, out: join(folder, 'whole') }, tinyPorts());
    const losses = lossesOf(join(folder, 'whole'));
    // All 4096 tokens are about equally likely at first.
    expect(losses[0]).toBeCloseTo(Math.log(4096), 1);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(whole.eval_loss).toBeLessThan(losses[0]! / 2);
    expect(whole.tokens).toBe(40 * 4 * 24);

    const out = join(folder, 'broken');
    await expect(preTrain({ ...options, out }, portsInterruptedAfter(13))).rejects.toMatchObject({
      ...{ code: 'INTERRUPTED', hint: `Go on with: genai adapt pre-train --resume ${out}` },
    });
    await expect(resumeFineTune(out, tinyPorts())).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `${out}: is a pre-train run` },
    });
    const resumed = await resumePreTrain(out, tinyPorts());
    expect(resumed).toMatchObject({ eval_loss: whole.eval_loss, train_loss: whole.train_loss, steps: 40 });
    const weights = (run: string): Buffer => readFileSync(join(folder, run, 'model', 'model.safetensors'));
    expect(weights('broken')).toEqual(weights('whole'));
    expect(untimedMetrics(out)).toEqual(untimedMetrics(join(folder, 'whole')));

    expect(readJson(out, 'model', 'config.json')).toEqual({
      ...{ ...TINY_CONFIG, initializer_range: 0.02, torch_dtype: 'float32' },
    });
    const card = readFileSync(join(out, 'model', 'README.md'), 'utf8');
    expect(card).toContain('trained from random weights');
    expect(card).not.toContain('base_model');
  });

  const refused = async (changed: Partial<PreTrainOptions>): Promise<unknown> => {
    const error: unknown = await preTrain({ ...options, ...changed }, tinyPorts()).catch(
      (thrown: unknown) => thrown,
    );
    expect(existsSync(join(folder, 'run'))).toBe(false);
    return error;
  };

  it('refuses a text shorter than a row', async () => {
    const dataset = writeRows(join(folder, 'short.jsonl'), [{ text: 'The cat.' }]);
    expect(await refused({ dataset })).toMatchObject({ code: 'BAD_DATASET' });
  });

  it('refuses rows longer than the context', async () => {
    expect(await refused({ sequenceLength: 49 })).toMatchObject({ code: 'CONTEXT_OVERFLOW' });
  });

  it('refuses rows that are no texts, and bad rows', async () => {
    const pairs = writeRows(join(folder, 'pairs.jsonl'), [{ prompt: 'a', completion: 'b' }]);
    expect(await refused({ dataset: pairs })).toMatchObject({ code: 'BAD_DATASET' });
    const bad = writeRows(join(folder, 'bad.jsonl'), [{ text: 'a' }, '{', { text: 3 }]);
    const { message } = (await refused({ dataset: bad })) as Error;
    expect(message).toContain(`\n  ${bad}:2: `);
    expect(message).toContain(`\n  ${bad}:3: `);
  });

  it('refuses a vocabulary smaller than the tokenizer', async () => {
    const config = join(folder, 'small.json');
    writeFileSync(config, JSON.stringify({ ...TINY_CONFIG, vocab_size: 100 }));
    expect(await refused({ config })).toMatchObject({ code: 'BAD_CHECKPOINT' });
  });
});
