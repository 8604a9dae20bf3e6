import tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Cell, ElementwiseProgram, ElementwiseUpdate, Program, TensorSpec } from '../engine.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { record } from '../tracing/backend.js';
import { Trace } from '../tracing/trace.js';
import type { HostCell } from './cells.js';
import { OnnxExecutable } from './executable.js';
import { createSession, describeRuntimeError, hostTensor, type SessionSettings } from './session.js';

/**
 * Elements handled by one run on the CPU. An optimiser step is a dozen passes over its operands; in pieces of this
 * size (1 MiB per float32 operand) all but the first read and the last write stay in the second-level cache.
 */
export const CHUNK_ELEMENTS = 262_144;

/** Traces the program for vectors of any length: element-wise operations do not look at it. */
function traceForAnyLength(program: ElementwiseProgram): Uint8Array {
  const graph = new GraphBuilder();
  const trace = new Trace(graph, 'cpu');
  // Any length that is no broadcast candidate will do while recording; the graph says `length`.
  const RECORDED_LENGTH = 7;
  return record(trace, () => {
    const declare = (name: string, shape: number[], symbolic: (number | string)[]) =>
      tf
        .engine()
        .makeTensorFromTensorInfo(trace.tensor(graph.input(name, symbolic, 'float32'), shape, 'float32'));
    const inputs = Object.fromEntries<Tensor>([
      ...[...program.state, ...program.readOnly].map(
        (name) => [name, declare(name, [RECORDED_LENGTH], ['length'])] as const,
      ),
      ...program.scalars.map((name) => [name, declare(name, [], [])] as const),
    ]);
    const outputs = program.body(inputs);
    for (const name of program.state) {
      graph.output(`new_${name}`, trace.name(outputs[name]!), ['length'], 'float32');
    }
    return graph.build(program.name);
  });
}

/** Updates host cells in place, piece by piece. */
export class HostElementwiseUpdate implements ElementwiseUpdate {
  private constructor(
    private readonly program: ElementwiseProgram,
    private readonly session: InferenceSession,
  ) {}

  static async compile(
    program: ElementwiseProgram,
    settings: SessionSettings,
  ): Promise<HostElementwiseUpdate> {
    const session = await createSession(traceForAnyLength(program), program.name, settings);
    return new HostElementwiseUpdate(program, session);
  }

  async apply(
    groups: readonly Readonly<Record<string, Cell>>[],
    scalars: Readonly<Record<string, number>>,
  ): Promise<void> {
    const { state, readOnly } = this.program;
    const constants = Object.fromEntries(
      this.program.scalars.map((name) => [name, hostTensor(Float32Array.of(scalars[name]!), 'float32', [])]),
    );
    for (const group of groups) {
      const arrays = [...state, ...readOnly].map(
        (name) => [name, (group[name] as HostCell).data as Float32Array] as const,
      );
      const length = arrays[0]![1].length;
      for (let start = 0; start < length; start += CHUNK_ELEMENTS) {
        const end = Math.min(length, start + CHUNK_ELEMENTS);
        const feeds: Record<string, OnnxTensor> = { ...constants };
        for (const [name, array] of arrays) {
          feeds[name] = hostTensor(array.subarray(start, end), 'float32', [end - start]);
        }
        // The output is written over the input: every element is read before its place is written.
        const fetches = Object.fromEntries(state.map((name) => [`new_${name}`, feeds[name]!]));
        try {
          await this.session.run(feeds, fetches);
        } catch (error) {
          throw describeRuntimeError(error, this.program.name);
        }
      }
    }
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }
}

/** Updates all groups of device cells in one run, on the device. */
export class DeviceElementwiseUpdate implements ElementwiseUpdate {
  private compiled: { executable: OnnxExecutable; key: string } | undefined;

  constructor(
    private readonly program: ElementwiseProgram,
    private readonly settings: SessionSettings,
  ) {}

  async apply(
    groups: readonly Readonly<Record<string, Cell>>[],
    scalars: Readonly<Record<string, number>>,
  ): Promise<void> {
    const executable = await this.executableFor(groups);
    const feeds: Record<string, Cell | Float32Array> = {};
    const into: Record<string, Cell> = {};
    groups.forEach((group, index) => {
      for (const name of [...this.program.state, ...this.program.readOnly])
        feeds[`${name}.${index}`] = group[name]!;
      for (const name of this.program.state) into[`new_${name}.${index}`] = group[name]!;
    });
    for (const name of this.program.scalars) feeds[name] = Float32Array.of(scalars[name]!);
    await executable.run(feeds, into);
  }

  async dispose(): Promise<void> {
    await this.compiled?.executable.dispose();
  }

  private async executableFor(groups: readonly Readonly<Record<string, Cell>>[]): Promise<OnnxExecutable> {
    const { state, readOnly, scalars, name } = this.program;
    const shapes = groups.map((group) => group[state[0]!]!.shape);
    const key = shapes.map((shape) => shape.join()).join(';');
    if (this.compiled?.key === key) return this.compiled.executable;
    await this.compiled?.executable.dispose();
    const inputs: Record<string, TensorSpec> = {};
    shapes.forEach((shape, index) => {
      for (const tensor of [...state, ...readOnly])
        inputs[`${tensor}.${index}`] = { shape, dtype: 'float32' };
    });
    for (const scalar of scalars) inputs[scalar] = { shape: [], dtype: 'float32' };
    const program: Program = {
      name,
      inputs,
      resident: shapes.flatMap((_, index) => state.map((tensor) => `new_${tensor}.${index}`)),
      body: (tensors) => {
        const results: Record<string, (typeof tensors)[string]> = {};
        const shared = Object.fromEntries(scalars.map((scalar) => [scalar, tensors[scalar]!]));
        shapes.forEach((_, index) => {
          const own = [...state, ...readOnly].map(
            (tensor) => [tensor, tensors[`${tensor}.${index}`]!] as const,
          );
          const updated = this.program.body({ ...shared, ...Object.fromEntries(own) });
          for (const tensor of state) results[`new_${tensor}.${index}`] = updated[tensor]!;
        });
        return results;
      },
    };
    const executable = await OnnxExecutable.compile(program, this.settings);
    this.compiled = { executable, key };
    return executable;
  }
}
