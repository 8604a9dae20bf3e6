import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loraSettingsOf } from '../../../src/core/adapters/lora-config.js';
import { loraParameters, mergeLora, type LoraSettings } from '../../../src/core/adapters/lora.js';
import type { Model } from '../../../src/core/architectures/architecture.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { readAdapterFolder } from '../../../src/core/checkpoints/adapter-folder.js';
import type { StateDict } from '../../../src/core/checkpoints/checkpoint.js';
import type { Cell } from '../../../src/core/engine/engine.js';
import {
  batchFeeds,
  gradientName,
  gradientProgram,
  logitsProgram,
  type TrainedModel,
} from '../../../src/core/training/programs.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { batchOf, compare, GOLDEN, readJson, readTensors, readWeights } from '../../golden/golden.js';
import { describeOnBothEngines } from '../engine/contract/both-engines.js';
import { createTestedEngine } from '../engine/contract/tested-engine.js';

interface Case {
  base: string;
  input_ids: number[][];
  labels: number[][];
  loss: number;
}

const ADAPTERS = join(GOLDEN, 'adapters');
const folders = readdirSync(ADAPTERS).map((name) => [name, join(ADAPTERS, name)] as const);

/** As for the base models: logits absolutely, gradients and weights as a share of the tensor's largest. */
const LOGIT_TOLERANCE = 2e-4;
const GRADIENT_TOLERANCE = 2e-4;
const MERGED_TOLERANCE = 1e-6;

interface Loaded {
  readonly golden: Case;
  readonly model: Model;
  readonly settings: LoraSettings;
  readonly base: StateDict;
  readonly adapter: StateDict;
  readonly expected: StateDict;
}

async function load(folder: string): Promise<Loaded> {
  const golden = readJson<Case>(folder, 'case.json');
  const baseFolder = join(GOLDEN, 'architectures', golden.base);
  const model = readModel(readJson(baseFolder, 'config.json'));
  const { config, state } = await readAdapterFolder(nodeFileSystem, folder);
  return {
    golden,
    model,
    settings: loraSettingsOf(config),
    base: await readWeights(baseFolder, model),
    adapter: state,
    expected: await readTensors(join(folder, 'expected.safetensors')),
  };
}

describeOnBothEngines('An adapter computes what it does in peft', (engine) => {
  it.each(folders)('%s', async (_name, folder) => {
    const { golden, model, settings, base, adapter, expected } = await load(folder);
    const trainable = loraParameters(model, settings);
    const trained: TrainedModel = { model, adapter: settings, frozen: model.parameters, trainable };
    const batch = batchOf(golden.input_ids, golden.labels);
    const shape = { batchSize: batch.batchSize, length: batch.length, packed: false };
    const weights: Record<string, Cell> = {};
    for (const { name, shape: dimensions } of [...model.parameters, ...trainable]) {
      const { data } = (base.get(name) ?? adapter.get(name))!;
      weights[name] = await engine().cell({ shape: dimensions, dtype: 'float32' }, data);
    }

    const logitsOf = logitsProgram(trained, shape);
    const forward = await engine().compile(logitsOf);
    const { logits } = await forward.run({ ...weights, ...batchFeeds(logitsOf, batch) });
    expect(compare(logits!, expected.get('logits')!.data).difference).toBeLessThan(LOGIT_TOLERANCE);
    await forward.dispose();

    const gradientsOf = gradientProgram(trained, shape, false);
    const backward = await engine().compile(gradientsOf);
    const gradients: Record<string, Cell> = {};
    for (const { name, shape: dimensions } of trainable) {
      gradients[gradientName(name)] = await engine().cell({ shape: dimensions, dtype: 'float32' });
    }
    const { loss } = await backward.run({ ...weights, ...batchFeeds(gradientsOf, batch) }, gradients);
    expect(loss![0]).toBeCloseTo(golden.loss, 4);
    const golds = [...expected.keys()].filter((name) => name.startsWith('gradient/'));
    expect(golds.sort()).toEqual(Object.keys(gradients).sort());
    for (const name of golds) {
      const { difference, largest } = compare(await gradients[name]!.read(), expected.get(name)!.data);
      expect(difference / largest, name).toBeLessThan(GRADIENT_TOLERANCE);
    }
    await backward.dispose();
  });
});

describe('Merged weights are those of merge_and_unload', () => {
  it.each(folders)('%s', async (_name, folder) => {
    const { model, settings, base, adapter, expected } = await load(folder);
    const untouched = new Map([...base].map(([name, { data }]) => [name, data.slice()]));
    mergeLora(model, settings, base, adapter);
    const golds = [...expected.keys()].filter((name) => name.startsWith('merged/'));
    expect(golds).toHaveLength(2);
    for (const name of golds) {
      const { data } = base.get(model.parameterName(name.slice('merged/'.length))!)!;
      const { difference, largest } = compare(data, expected.get(name)!.data);
      expect(difference / largest, name).toBeLessThan(MERGED_TOLERANCE);
    }
    // What has no adapter stays as it is, bit for bit.
    const adapted = new Set(loraParameters(model, settings).map(({ name }) => name.split('.lora_')[0]));
    for (const [name, data] of untouched) {
      const module = `base_model.model.${name.replace(/\.weight$/u, '')}`;
      expect(compare(base.get(name)!.data, data).difference === 0, name).toBe(!adapted.has(module));
    }
  });

  it.each(folders)(
    '%s: the merged model computes what the adapted one does in peft',
    async (_name, folder) => {
      const { golden, model, settings, base, adapter, expected } = await load(folder);
      mergeLora(model, settings, base, adapter);
      const batch = batchOf(golden.input_ids, golden.labels);
      const program = logitsProgram(
        { model, adapter: undefined, frozen: [], trainable: model.parameters },
        { batchSize: batch.batchSize, length: batch.length, packed: false },
      );
      const engine = createTestedEngine();
      const executable = await engine.compile(program);
      const feeds = Object.fromEntries(model.parameters.map(({ name }) => [name, base.get(name)!.data]));
      const { logits } = await executable.run({ ...feeds, ...batchFeeds(program, batch) });
      expect(compare(logits!, expected.get('logits')!.data).difference).toBeLessThan(LOGIT_TOLERANCE);
      await executable.dispose();
      await engine.dispose();
    },
  );
});

describe('LoRA targets', () => {
  const model = readModel(readJson(GOLDEN, 'architectures', 'llama', 'config.json'));
  const settings: LoraSettings = { rank: 2, alpha: 4, dropout: 0, targets: [], rankStabilized: false };
  const targeted = (targets: LoraSettings['targets']): string[] =>
    loraParameters(model, { ...settings, targets })
      .map(({ name }) => name)
      .filter((name) => name.includes('lora_A'));

  it('are named by the last parts of their names, wholly, or by a regular expression over the whole name', () => {
    const ofLayer = (layer: number) =>
      `base_model.model.model.layers.${layer}.self_attn.q_proj.lora_A.weight`;
    expect(targeted(['q_proj'])).toEqual([ofLayer(0), ofLayer(1)]);
    expect(targeted(['self_attn.q_proj'])).toEqual([ofLayer(0), ofLayer(1)]);
    expect(targeted('.*\\.1\\.self_attn\\.q_proj')).toEqual([ofLayer(1)]);
    // Seven linear layers in each of two blocks.
    expect(targeted('all-linear')).toHaveLength(14);
  });

  it.each([
    [['q_proj', 'queries'], /queries is no linear layer/],
    [['proj'], /proj is no linear layer/],
    [[], /no target was given/],
    ['nothing_like_it', /no linear layer matches/],
  ])('%j are refused, with the names there are', (targets, message) => {
    let thrown: unknown;
    try {
      targeted(targets);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) });
    expect(thrown).toMatchObject({ hint: expect.stringContaining('q_proj, k_proj, v_proj, o_proj') });
  });
});
