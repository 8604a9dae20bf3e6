import { timeMatrixProducts } from '../matrix-product-rate.js';
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
const COMPARISON = { size: 1024, products: 1, runs: 3 };
/** What they do before, 1/64 of the work: a processor that imitates a GPU would need half a minute for the other. */
const TRIAL = { size: 256, products: 1, runs: 1 };

/** Time of a product on a provider, or infinity if it is no faster than `limit` or fails. */
async function timeBelow(limit: number, settings: SessionSettings, now: () => number): Promise<number> {
  const engine = new OnnxRuntimeEngine(settings);
  try {
    if ((await timeMatrixProducts(engine, TRIAL, now)) >= limit) return Infinity;
    const time = await timeMatrixProducts(engine, COMPARISON, now);
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
