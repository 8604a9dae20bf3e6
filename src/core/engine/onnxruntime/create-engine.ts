import tf from '@tensorflow/tfjs';
import type { Engine } from '../engine.js';
import { OnnxRuntimeEngine } from './engine.js';
import type { Provider, SessionSettings } from './session.js';
import { providerProblem, verifiedEngine, type GraphicsCheck } from './verified-engine.js';

/** Settings of {@link createOnnxRuntimeEngine}. */
export interface OnnxRuntimeOptions {
  /** `auto` takes a GPU if one multiplies matrices faster than the processor. */
  readonly device: 'auto' | Provider;
  /** Threads that share one operation on the CPU. */
  readonly threads: number;
  /** As in {@link SessionSettings}. */
  readonly profilePrefix?: string;
  /** Milliseconds from any start. */
  readonly now: () => number;
  /** By default WebGPU is tried wherever it is asked for. */
  readonly graphicsProblem?: GraphicsCheck;
}

/** Rows and columns of the matrices that devices are compared with, and how often. */
const COMPARISON = { size: 1024, runs: 3 };
/** What they do before, 1/64 of the work: a processor that imitates a GPU would need half a minute for the other. */
const TRIAL = { size: 256, runs: 1 };

/** Best time, in milliseconds, of a product of two square matrices that the device already holds. */
async function timeProduct(
  engine: Engine,
  { size, runs }: typeof COMPARISON,
  now: () => number,
): Promise<number> {
  const spec = { shape: [size, size], dtype: 'float32' } as const;
  const executable = await engine.compile({
    name: `a product of ${size} × ${size} matrices`,
    inputs: { a: spec, b: spec },
    body: ({ a, b }) => {
      const product = tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D);
      return { corner: tf.slice(product, [0, 0], [1, 1]) };
    },
  });
  const [a, b] = [await engine.cell(spec), await engine.cell(spec)];
  let shortest = Infinity;
  // The first run also compiles and allocates.
  for (let run = 0; run <= runs; run++) {
    const start = now();
    await executable.run({ a, b });
    if (run > 0) shortest = Math.min(shortest, now() - start);
  }
  a.dispose();
  b.dispose();
  await executable.dispose();
  return shortest;
}

/** Time of a product on a provider, or infinity if it is no faster than `limit` or fails. */
async function timeBelow(limit: number, settings: SessionSettings, now: () => number): Promise<number> {
  const engine = new OnnxRuntimeEngine(settings);
  try {
    if ((await timeProduct(engine, TRIAL, now)) >= limit) return Infinity;
    const time = await timeProduct(engine, COMPARISON, now);
    return time < limit ? time : Infinity;
  } catch {
    // It passed the trial and failed at work, for want of memory perhaps: nothing to choose unasked.
    return Infinity;
  } finally {
    await engine.dispose();
  }
}

async function fastestProvider(
  settings: Omit<SessionSettings, 'provider'>,
  { now, graphicsProblem }: OnnxRuntimeOptions,
): Promise<Provider> {
  const gpus: Provider[] = [];
  for (const provider of ['cuda', 'webgpu'] as const) {
    const problem = await providerProblem({ ...settings, provider }, graphicsProblem);
    if (problem === undefined) gpus.push(provider);
  }
  let fastest: Provider = 'cpu';
  let limit = Infinity;
  for (const provider of gpus.length === 0 ? [] : (['cpu', ...gpus] as const)) {
    const time = await timeBelow(limit, { ...settings, provider }, now);
    if (time < limit) [fastest, limit] = [provider, time];
  }
  return fastest;
}

/**
 * The engine on ONNX Runtime, on a device that was seen to compute. It must be disposed.
 *
 * @throws ToolkitError `ENGINE` if the device does not compute, with what to install
 */
export async function createOnnxRuntimeEngine(options: OnnxRuntimeOptions): Promise<OnnxRuntimeEngine> {
  const { device, threads, profilePrefix, graphicsProblem } = options;
  const provider = device === 'auto' ? await fastestProvider({ threads }, options) : device;
  const settings = { provider, threads, ...(profilePrefix !== undefined && { profilePrefix }) };
  return verifiedEngine(settings, graphicsProblem);
}
