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
import { DeviceCell, HostCell, type Transfer } from './cells.js';
import { DeviceElementwiseUpdate, HostElementwiseUpdate } from './elementwise.js';
import { OnnxExecutable } from './executable.js';
import { allocate, createSession, type Provider, type SessionSettings } from './session.js';

/** Moves tensors by running a graph that copies its input, the one way that ONNX Runtime offers in Node. */
class CopyTransfer implements Transfer {
  private readonly sessions = new Map<string, ReturnType<typeof createSession>>();

  constructor(private readonly settings: SessionSettings) {}

  async upload(tensor: Tensor): Promise<Tensor> {
    return this.copy(tensor, true);
  }

  async download(tensor: Tensor): Promise<TensorData> {
    return (await this.copy(tensor, false)).data as TensorData;
  }

  async dispose(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release();
  }

  private async copy(tensor: Tensor, toDevice: boolean): Promise<Tensor> {
    const type = tensor.type as 'float32' | 'int32' | 'bool';
    const key = `${type}/${tensor.dims.length}/${toDevice}`;
    let session = this.sessions.get(key);
    if (session === undefined) {
      const graph = new GraphBuilder();
      const shape = tensor.dims.map((_, axis) => `dimension_${axis}`);
      graph.output('copy', graph.input('value', shape, type), shape, type);
      session = createSession(graph.build('copy'), 'copy', {
        ...this.settings,
        resident: toDevice ? ['copy'] : [],
      });
      this.sessions.set(key, session);
    }
    const results = await (await session).run({ value: tensor });
    return results['copy'] as Tensor;
  }
}

/** Compiles programs to ONNX graphs and runs them with ONNX Runtime. */
export class OnnxRuntimeEngine implements Engine {
  readonly name = 'onnxruntime' as const;
  readonly device: Provider;
  private readonly transfer: CopyTransfer | undefined;

  /** Use {@link createOnnxRuntimeEngine}, which finds out what the machine has. */
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
