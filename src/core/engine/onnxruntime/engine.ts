import type { Tensor } from 'onnxruntime-node';
import type {
  Cell,
  ElementwiseProgram,
  ElementwiseUpdate,
  Engine,
  Executable,
  Program,
  TensorData,
  TensorSpec,
} from '../engine.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { DeviceCell, HostCell, type DeviceTensor, type Transfer } from './cells.js';
import { DeviceElementwiseUpdate, HostElementwiseUpdate } from './elementwise.js';
import { OnnxExecutable } from './executable.js';
import { allocate, createSession, type Provider, type SessionSettings } from './session.js';
import { SharedSession } from './shared-session.js';

/** Moves tensors by running a graph that copies its input, the one way that ONNX Runtime offers in Node. */
class CopyTransfer implements Transfer {
  private readonly sessions = new Map<string, Promise<SharedSession>>();

  constructor(private readonly settings: SessionSettings) {}

  upload(tensor: Tensor): Promise<DeviceTensor> {
    return this.copy(tensor, true);
  }

  async download(tensor: Tensor): Promise<TensorData> {
    const copy = await this.copy(tensor, false);
    return copy.tensor.data as TensorData;
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release();
  }

  private async copy(tensor: Tensor, toDevice: boolean): Promise<DeviceTensor> {
    const type = tensor.type as 'float32' | 'int32' | 'bool';
    const key = `${type}/${tensor.dims.length}/${toDevice}`;
    let sessionPromise = this.sessions.get(key);
    if (sessionPromise === undefined) {
      const graph = new GraphBuilder();
      const shape = tensor.dims.map((_, axis) => `dimension_${axis}`);
      graph.output('copy', graph.input('value', shape, type), shape, type);
      sessionPromise = createSession(graph.build('copy'), 'copy', {
        ...this.settings,
        resident: toDevice ? ['copy'] : [],
      }).then((made) => new SharedSession(made));
      this.sessions.set(key, sessionPromise);
    }
    const session = await sessionPromise;
    const results = await session.session.run({ value: tensor });
    return { tensor: results['copy'] as Tensor, session };
  }
}

/** Compiles programs to ONNX graphs and runs them with ONNX Runtime. */
export class OnnxRuntimeEngine implements Engine {
  readonly name = 'onnxruntime' as const;
  readonly device: Provider;
  private readonly transfer: CopyTransfer | undefined;

  /** Tries nothing: `createOnnxRuntimeEngine` finds out what the machine has. */
  constructor(private readonly settings: SessionSettings) {
    this.device = settings.provider;
    // Only WebGPU has device-resident tensors in Node; CUDA takes and gives host memory at every run.
    this.transfer = settings.provider === 'webgpu' ? new CopyTransfer(settings) : undefined;
  }

  async cell(spec: TensorSpec, data: TensorData = allocate(spec)): Promise<Cell> {
    return this.transfer === undefined
      ? new HostCell(spec.shape, spec.dtype, data)
      : DeviceCell.create(spec.shape, spec.dtype, data, this.transfer);
  }

  async compile(program: Program): Promise<Executable> {
    return OnnxExecutable.compile(program, this.settings);
  }

  async compileElementwise(program: ElementwiseProgram): Promise<ElementwiseUpdate> {
    return this.transfer === undefined
      ? HostElementwiseUpdate.compile(program, { ...this.settings, provider: 'cpu' })
      : new DeviceElementwiseUpdate(program, this.settings);
  }

  async dispose(): Promise<void> {
    await this.transfer?.dispose();
  }
}
