import type { Engine } from '../../core/engine/engine.js';
import { measureMatrixProducts, type MatrixProductRate } from '../../core/engine/matrix-product-rate.js';
import type { OnnxRuntimeProbe } from '../../core/engine/onnxruntime/probe.js';
import type { GraphicsCheck } from '../../core/engine/onnxruntime/verified-engine.js';
import { probeTensorflow, type TensorflowProbe } from '../../core/engine/tensorflow-engine.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { MachineResources } from '../../platform/machine-resources.js';
import type { MachineDescription, ProcessInfo } from '../../platform/process-info.js';
import type { ToolkitPackage } from '../../platform/toolkit-package.js';
import {
  onnxRuntimeFailure,
  onnxRuntimeStatuses,
  referenceStatus,
  tensorflowStatus,
  type EngineStatus,
} from './engine-status.js';

/** How the engines' libraries are looked for. */
export interface EngineProbes {
  onnxRuntime(): Promise<OnnxRuntimeProbe>;
  tensorflow(): Promise<TensorflowProbe>;
}

export interface DoctorOptions {
  /** Folder whose disk matters: where runs will be written. */
  readonly folder: string;
  /** Folder of a TensorFlow package that is not installed beside the toolkit. */
  readonly tensorflowPackage?: string | undefined;
}

/** What {@link doctor} needs from outside. */
export interface DoctorPorts {
  readonly toolkit: ToolkitPackage;
  readonly process: ProcessInfo;
  readonly resources: MachineResources;
  /** Makes the engine whose speed is measured, and without which nothing can be computed. */
  readonly createEngine: () => Promise<Engine>;
  /** Milliseconds from any start. */
  readonly now: () => number;
  /** By default WebGPU is tried on every machine. */
  readonly graphicsProblem?: GraphicsCheck;
  /** By default the real ones. */
  readonly probes?: EngineProbes;
}

/** What was found on this machine. */
export interface DoctorReport {
  /** Whether the engine that was asked for computes, and rightly. */
  readonly ready: boolean;
  readonly toolkit: { readonly version: string };
  readonly node: { readonly version: string; readonly minimum: string; readonly supported: boolean };
  readonly machine: Omit<MachineDescription, 'node'> & {
    readonly free_memory_bytes: number;
    /** What a container grants; `null` where nothing limits it. */
    readonly memory_limit_bytes: number | null;
  };
  readonly disk: { readonly folder: string; readonly free_bytes: number | null };
  readonly engines: readonly EngineStatus[];
  /** `null` when the engine does not compute. */
  readonly speed: (MatrixProductRate & { readonly engine: string; readonly device: string }) | null;
  /** Why it does not. */
  readonly failure: { readonly problem: string; readonly advice: string | null } | null;
}

/** Finds out what this machine offers, what it lacks, and how fast it computes. Throws nothing that it can report. */
export async function doctor(options: DoctorOptions, ports: DoctorPorts): Promise<DoctorReport> {
  const { toolkit, resources } = ports;
  const { node, ...machine } = ports.process.describe();
  const engines = await engineStatuses(ports.probes ?? realProbes(options, ports));
  const trial = await tryEngine(ports);
  return {
    ready: trial.speed !== null,
    toolkit: { version: toolkit.version },
    node: { version: node, minimum: toolkit.minimumNode, supported: isAtLeast(node, toolkit.minimumNode) },
    machine: {
      ...machine,
      free_memory_bytes: resources.freeMemoryBytes(),
      memory_limit_bytes: resources.memoryLimitBytes() ?? null,
    },
    disk: { folder: options.folder, free_bytes: (await resources.freeDiskBytes(options.folder)) ?? null },
    engines,
    ...trial,
  };
}

function realProbes({ tensorflowPackage }: DoctorOptions, { graphicsProblem }: DoctorPorts): EngineProbes {
  return {
    onnxRuntime: async () => {
      // Imported here, so that a library that cannot be loaded is a finding and not the end.
      const { probeOnnxRuntime } = await import('../../core/engine/onnxruntime/probe.js');
      return probeOnnxRuntime(graphicsProblem);
    },
    tensorflow: () =>
      probeTensorflow(tensorflowPackage === undefined ? {} : { packageFolder: tensorflowPackage }),
  };
}

async function engineStatuses(probes: EngineProbes): Promise<EngineStatus[]> {
  const onnxRuntime = await probes
    .onnxRuntime()
    .then(onnxRuntimeStatuses, (error: unknown) => [onnxRuntimeFailure(error)]);
  const { version_core: version } = await import('@tensorflow/tfjs');
  return [...onnxRuntime, tensorflowStatus(await probes.tensorflow()), referenceStatus(version)];
}

async function tryEngine(ports: DoctorPorts): Promise<Pick<DoctorReport, 'speed' | 'failure'>> {
  let engine: Engine | undefined;
  try {
    engine = await ports.createEngine();
    const rate = await measureMatrixProducts(engine, ports.now);
    return { speed: { engine: engine.name, device: engine.device, ...rate }, failure: null };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const advice = error instanceof ToolkitError ? (error.hint ?? null) : null;
    return { speed: null, failure: { problem, advice } };
  } finally {
    await engine?.dispose();
  }
}

/** Whether a version such as `v20.19.4` is a minimum such as `20.19` or newer. */
function isAtLeast(version: string, minimum: string): boolean {
  const [parts, floor] = [version.replace(/^v/, ''), minimum].map((text) => text.split('.').map(Number));
  for (const [index, least] of floor!.entries()) {
    const part = parts![index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
