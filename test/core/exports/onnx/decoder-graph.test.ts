import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../../../src/core/architectures/index.js';
import type { Model } from '../../../../src/core/architectures/architecture.js';
import type { HostTensor } from '../../../../src/core/checkpoints/checkpoint.js';
import { decoderGraph } from '../../../../src/core/exports/onnx/decoder-graph.js';
import { onnxFile } from '../../../../src/core/exports/onnx/onnx-file.js';
import { openWeights } from '../../../../src/core/checkpoints/load-weights.js';
import {
  readFixedWeights,
  type FixedWeights,
  type ReadWeightsAs,
} from '../../../../src/core/generation/fixed-weights.js';
import type { ModelSource } from '../../../../src/core/generation/load-language-model.js';
import { quantizeMatrix } from '../../../../src/core/quantization/quantize-matrix.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';
import { architectureCases, compare, readJson, readTensors } from '../../../golden/golden.js';
import { cpuEngine, goldenFolder, loadGolden, type GreedyCase } from '../../generation/models.js';

/** As in the parity test of whole sequences. */
const LOGIT_TOLERANCE = 2e-4;

type Runtime = typeof node | typeof web;
type Session = node.InferenceSession;

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'genai-onnx-'));
  web.env.wasm.numThreads = 1;
});
afterAll(() => rm(scratch, { recursive: true }));

function sourceOf(folder: string, config = 'config.json'): ModelSource {
  const model = readModel(readJson(folder, config), config);
  return { folder, adapterFolder: undefined, model, tokenizer: undefined as never };
}

async function fixedWeights({ folder, model }: ModelSource, how: ReadWeightsAs = {}): Promise<FixedWeights> {
  const stored = await openWeights(nodeFileSystem, folder, model);
  return readFixedWeights(stored, model, how).finally(() => stored.close());
}

/** A model as a user of the file runs it. */
class Exported {
  private past: Record<string, node.Tensor> = {};
  private masks: number[][];

  constructor(
    private readonly runtime: Runtime,
    private readonly session: Session,
    private readonly model: Model,
    private readonly batch = 1,
  ) {
    const { layers, kvHeads, headDimension } = model.shape;
    this.masks = Array.from({ length: batch }, () => []);
    for (let layer = 0; layer < layers; layer++) {
      for (const what of ['key', 'value']) {
        const dims = [batch, kvHeads, 0, headDimension];
        this.past[`past_key_values.${layer}.${what}`] = this.tensor('float32', new Float32Array(0), dims);
      }
    }
  }

  /**
   * @param tokens of each row as many, -1 for padding
   * @returns logits of every row's last token
   */
  async read(tokens: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const length = tokens[0]!.length;
    const positions = tokens.flatMap((row, index) => {
      const mask = this.masks[index]!;
      return row.map((token) => {
        mask.push(token < 0 ? 0 : 1);
        return Math.max(0, mask.reduce((sum, one) => sum + one, 0) - 1);
      });
    });
    const integers = (values: readonly number[], dims: number[]): node.Tensor =>
      this.tensor('int64', BigInt64Array.from(values, BigInt), dims);
    const results = (await this.session.run({
      ...this.past,
      input_ids: integers(
        tokens.flat().map((token) => Math.max(0, token)),
        [this.batch, length],
      ),
      attention_mask: integers(this.masks.flat(), [this.batch, this.masks[0]!.length]),
      position_ids: integers(positions, [this.batch, length]),
    } as never)) as Record<string, node.Tensor>;
    for (const name of Object.keys(this.past)) {
      this.past[name] = results[name.replace('past_key_values', 'present')]!;
    }
    const { vocabulary } = this.model.shape;
    expect(results['logits']!.dims).toEqual([this.batch, length, vocabulary]);
    const logits = results['logits']!.data as Float32Array;
    return tokens.map((_, row) =>
      logits.slice(((row + 1) * length - 1) * vocabulary, (row + 1) * length * vocabulary),
    );
  }

  async greedy(prompt: readonly number[], count: number): Promise<number[]> {
    const best = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));
    let [logits] = await this.read([prompt]);
    const tokens = [best(logits!)];
    while (tokens.length < count) {
      [logits] = await this.read([[tokens.at(-1)!]]);
      tokens.push(best(logits!));
    }
    return tokens;
  }

  private tensor(type: 'float32' | 'int64', data: Float32Array | BigInt64Array, dims: number[]): node.Tensor {
    return new (this.runtime.Tensor as typeof node.Tensor)(type, data as Float32Array, dims);
  }
}

describe('an exported decoder continues as transformers does', () => {
  it.each(architectureCases().map((folder) => [basename(folder), folder]))('%s', async (_name, folder) => {
    const golden = readJson<GreedyCase>(folder, 'case.json');
    const { prompt, tokens } = golden.greedy;
    const source = sourceOf(folder, golden.configs[0]);
    const weights = await fixedWeights(source);
    const { model: file } = onnxFile(decoderGraph(source.model, weights, false), 'model.onnx');
    for (const runtime of [node, web]) {
      const session = await runtime.InferenceSession.create(file);
      const exported = new Exported(runtime, session, source.model);
      expect(await exported.greedy(prompt, tokens.length)).toEqual(tokens);
      await session.release();
    }
    // Every position's logits, too.
    const { shape, data } = (await readTensors(join(folder, 'expected.safetensors'))).get('logits')!;
    const [, length, vocabulary] = shape as [number, number, number];
    const session = await node.InferenceSession.create(file);
    const rows = golden.input_ids;
    const last = await new Exported(node, session, source.model, rows.length).read(rows);
    last.forEach((logits, row) => {
      const end = (row + 1) * length * vocabulary;
      expect(compare(logits, data.subarray(end - vocabulary, end)).difference).toBeLessThan(LOGIT_TOLERANCE);
    });
    await session.release();
  });
});

describe('decoderGraph', () => {
  const folder = goldenFolder('mistral-sliding');
  const source = sourceOf(folder);
  const { input_ids } = readJson<GreedyCase>(folder, 'case.json');
  const text = input_ids[0]!;
  const engine = cpuEngine();
  afterAll(() => engine.dispose());

  async function alone(tokens: readonly number[]): Promise<Float32Array> {
    const model = await loadGolden(engine, folder);
    const [logits] = await model.prefill(await model.createCache(1, 64), [tokens]);
    await model.dispose();
    return logits!;
  }

  it('reads rows padded on the left as if they were alone, from files beside each other', async () => {
    const weights = await fixedWeights(source);
    const graph = decoderGraph(source.model, weights, false);
    const { model, data } = onnxFile(graph, 'model.onnx', 0);
    expect(model.length).toBeLessThan(graph.constantBytes);
    await writeFile(join(scratch, 'model.onnx'), model);
    await writeFile(join(scratch, 'model.onnx_data'), Buffer.concat(data!));
    const session = await node.InferenceSession.create(join(scratch, 'model.onnx'));
    const exported = new Exported(node, session, source.model, 2);
    const short = text.slice(3);
    const [first, second] = await exported.read([text, [-1, -1, -1, ...short]]);
    expect(compare(first!, await alone(text)).difference).toBeLessThan(LOGIT_TOLERANCE);
    expect(compare(second!, await alone(short)).difference).toBeLessThan(LOGIT_TOLERANCE);
    const [next, other] = await exported.read([[7], [9]]);
    expect(compare(next!, await alone([...text, 7])).difference).toBeLessThan(LOGIT_TOLERANCE);
    expect(compare(other!, await alone([...short, 9])).difference).toBeLessThan(LOGIT_TOLERANCE);
    await session.release();
  });

  const rounded =
    (bits: 4 | 8) =>
    ({ shape, data }: HostTensor) =>
      quantizeMatrix(
        data,
        { outputs: shape[0]!, inputs: shape[1]! },
        { bits, blockSize: 32, symmetric: true, scaleType: 'F32' },
      );

  it('gets smaller with every precision, and stays near', async () => {
    const expected = await alone(text);
    const bytes: number[] = [];
    for (const [quantize, inHalf, tolerance] of [
      [undefined, false, 1e-4],
      [undefined, true, 5e-3],
      [rounded(8), true, 0.1],
      [rounded(4), true, 0.5],
    ] as const) {
      const weights = await fixedWeights(source, quantize && { quantize });
      const { model } = onnxFile(decoderGraph(source.model, weights, inHalf), 'model.onnx');
      const session = await node.InferenceSession.create(model);
      const [logits] = await new Exported(node, session, source.model).read([text]);
      const distance = Math.hypot(...logits!.map((value, index) => value - expected[index]!));
      expect(distance / Math.hypot(...expected)).toBeLessThan(tolerance);
      bytes.push(decoderGraph(source.model, weights, inHalf).constantBytes);
      await session.release();
    }
    expect(bytes[1]).toBeLessThan(bytes[0]!);
    expect(bytes[3]).toBeLessThan(bytes[2]!);
  });
});
