import type { OnnxRuntimeProbe } from '../../core/engine/onnxruntime/probe.js';
import { PROVIDER_ADVICE } from '../../core/engine/onnxruntime/provider-advice.js';
import { tensorflowRemedy, type TensorflowProbe } from '../../core/engine/tensorflow-engine.js';

/** One way to compute, and whether this machine has it. */
export interface EngineStatus {
  readonly engine: 'onnxruntime' | 'tensorflow' | 'reference';
  readonly device: string;
  /** Of the library that computes; `null` where none is installed. */
  readonly version: string | null;
  readonly available: boolean;
  readonly problem: string | null;
  /** What to do to have it; `null` where there is nothing to do. */
  readonly advice: string | null;
}

/** A status per execution provider. */
export function onnxRuntimeStatuses({ version, providers }: OnnxRuntimeProbe): EngineStatus[] {
  return providers.map(({ name, available, problem }) => ({
    engine: 'onnxruntime',
    device: name,
    version,
    available,
    problem: problem ?? null,
    advice: available ? null : PROVIDER_ADVICE[name],
  }));
}

/** The status of ONNX Runtime where it cannot even be loaded. */
export function onnxRuntimeFailure(error: unknown): EngineStatus {
  const [firstLine = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return {
    engine: 'onnxruntime',
    device: 'cpu',
    version: null,
    available: false,
    problem: `onnxruntime-node does not load: ${firstLine}`,
    advice: PROVIDER_ADVICE.cpu,
  };
}

export function tensorflowStatus(probe: TensorflowProbe): EngineStatus {
  const available = probe.problem === undefined;
  return {
    engine: 'tensorflow',
    device: probe.gpu ? 'cuda' : 'cpu',
    version: probe.version ?? null,
    available,
    problem: probe.problem ?? null,
    advice: available ? null : tensorflowRemedy(probe),
  };
}

/** @param version of TensorFlow.js, whose JavaScript kernels always work */
export function referenceStatus(version: string): EngineStatus {
  return {
    engine: 'reference',
    device: 'cpu',
    version,
    available: true,
    problem: null,
    advice: null,
  };
}
