import * as ort from 'onnxruntime-node';
import { HOST_ARRAY, sizeOf } from '../checks.js';
import type { ElementType, TensorData, TensorSpec } from '../engine.js';
import { ToolkitError } from '../../errors/toolkit-error.js';

/** Execution providers this engine drives. */
export const PROVIDERS = ['cpu', 'webgpu', 'cuda'] as const;

/** An execution provider. */
export type Provider = (typeof PROVIDERS)[number];

/** What is written to standard error: nothing but what ends the process. Errors are thrown as well, and told once. */
const FATAL = 4;

/** Bytes that a serialised graph names in place of holding them. */
export interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array;
}

/** How a session is made. */
export interface SessionSettings {
  readonly provider: Provider;
  /** Threads that share one operation on the CPU. */
  readonly threads: number;
  /** Outputs that stay in GPU buffers (WebGPU only). */
  readonly resident?: readonly string[];
  readonly weights?: readonly ExternalData[];
  /** Writes ONNX Runtime's per-node profile to `<prefix>_<time>.json` when the session ends. */
  readonly profilePrefix?: string;
  /** Fails instead of letting the CPU compute what the provider cannot. */
  readonly strict?: boolean;
}

/** A zero-filled host array for a tensor. */
export function allocate(spec: TensorSpec): TensorData {
  try {
    return new HOST_ARRAY[spec.dtype](sizeOf(spec.shape));
  } catch (error) {
    throw new ToolkitError(
      `cannot allocate a tensor of shape [${spec.shape.join(', ')}]`,
      'OUT_OF_RESOURCES',
      'Use a smaller batch, a shorter sequence or LoRA.',
      error,
    );
  }
}

/** Wraps host memory as an ONNX Runtime tensor, without a copy. */
export function hostTensor(data: TensorData, dtype: ElementType, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor(dtype, data as Float32Array, shape);
}

/** Turns a failure of ONNX Runtime into what the user can do about it. */
export function describeRuntimeError(error: unknown, where: string): ToolkitError {
  const message = error instanceof Error ? error.message : String(error);
  if (/alloc|out of memory|bad_alloc/i.test(message)) {
    return new ToolkitError(
      `out of memory while running ${where}`,
      'OUT_OF_RESOURCES',
      'Use a smaller --batch-size (with more --gradient-accumulation-steps), a shorter --sequence-length, or --method lora.',
      error,
    );
  }
  return new ToolkitError(`ONNX Runtime failed in ${where}: ${message}`, 'ENGINE', undefined, error);
}

/** Loads a serialised graph. */
export async function createSession(
  model: Uint8Array,
  name: string,
  settings: SessionSettings,
): Promise<ort.InferenceSession> {
  const { provider } = settings;
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: settings.threads,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Memory patterns cost half as much memory again and gain no time: the first run fills the arena piece by piece,
    // and the pattern then wants one block beside it.
    enableMemPattern: false,
    logSeverityLevel: FATAL,
  };
  if (settings.weights !== undefined && settings.weights.length > 0) options.externalData = settings.weights;
  if (settings.strict) {
    options.executionProviders = [provider];
    options.extra = { session: { disable_cpu_ep_fallback: '1' } };
  }
  if (settings.profilePrefix !== undefined) {
    options.enableProfiling = true;
    options.profileFilePrefix = settings.profilePrefix;
  }
  if (provider === 'webgpu' && settings.resident !== undefined) {
    options.preferredOutputLocation = Object.fromEntries(
      settings.resident.map((output) => [output, 'gpu-buffer' as const]),
    );
  }
  // Read when the first session of the process is made.
  ort.env.logLevel = 'fatal';
  try {
    return await ort.InferenceSession.create(model, options);
  } catch (error) {
    throw describeRuntimeError(error, `the set-up of ${name}`);
  }
}
