import tf from '../tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Cell, ElementwiseProgram, ElementwiseUpdate, Program, TensorSpec } from '../engine.js';
import { checkNames, checkSpec } from '../checks.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { record } from '../tracing/backend.js';
import { standInSizes } from '../tracing/symbolic-sizes.js';
import { Trace } from '../tracing/trace.js';
import type { HostCell } from './cells.js';
import { OnnxExecutable } from './executable.js';
import { createSession, describeRuntimeError, hostTensor, type SessionSettings } from './session.js';

/**
 * Elements handled by one run on the CPU. An optimiser step is a dozen passes over its operands; in pieces of this
 * size (1 MiB per float32 operand) all but the first read and the last write stay in the second-level cache.
 */
export const CHUNK_ELEMENTS = 262_144;

type Groups = readonly Readonly<Record<string, Cell>>[];

/** Refuses wrong names and shapes before any cell is touched. */
function checkOperands(
  program: ElementwiseProgram,
  groups: Groups,
  scalars: Readonly<Record<string, number>>,
): void {
  checkNames(`scalars of ${program.name}`, scalars, program.scalars);
  const names = [...program.state, ...program.readOnly];
  groups.forEach((group, index) => {
    const what = `group ${index} of ${program.name}`;
    checkNames(what, group, names);
    const spec: TensorSpec = { shape: group[names[0]!]!.shape, dtype: 'float32' };
    for (const name of names) checkSpec(`${name} in ${what}`, spec, group[name]!);
  });
}

/** Traces the program for vectors of any length: element-wise operations do not look at it. */
function traceForAnyLength(program: ElementwiseProgram): Uint8Array {
  const graph = new GraphBuilder();
  const sizes = standInSizes('length');
  const trace = new Trace(graph, 'cpu', sizes);
  return record(trace, () => {
    const declare = (name: string, shape: number[]): [string, Tensor] => [
      name,
      tf.engine().makeTensorFromTensorInfo(trace.input(name, shape, 'float32')),
    ];
    const inputs = Object.fromEntries([
      ...[...program.state, ...program.readOnly].map((name) => declare(name, [sizes.length])),
      ...program.scalars.map((name) => declare(name, [])),
    ]);
    const outputs = program.body(inputs);
    for (const name of program.state) trace.output(`new_${name}`, outputs[name]!);
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

  async apply(groups: Groups, scalars: Readonly<Record<string, number>>): Promise<void> {
    checkOperands(this.program, groups, scalars);
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

/**
 * Updates device cells on the device, group by group: a run makes new buffers before the old ones are freed, and that
 * for one group at a time is little memory.
 */
export class DeviceElementwiseUpdate implements ElementwiseUpdate {
  /** By shape: a network has few different ones. */
  private readonly compiled = new Map<string, Promise<OnnxExecutable>>();

  constructor(
    private readonly program: ElementwiseProgram,
    private readonly settings: SessionSettings,
  ) {}

  async apply(groups: Groups, scalars: Readonly<Record<string, number>>): Promise<void> {
    checkOperands(this.program, groups, scalars);
    const constants = Object.fromEntries(
      this.program.scalars.map((name) => [name, Float32Array.of(scalars[name]!)]),
    );
    for (const group of groups) {
      const executable = await this.executableFor(group[this.program.state[0]!]!.shape);
      const into = Object.fromEntries(this.program.state.map((name) => [name, group[name]!]));
      await executable.run({ ...group, ...constants }, into);
    }
  }

  async dispose(): Promise<void> {
    for (const executable of this.compiled.values()) await (await executable).dispose();
  }

  private executableFor(shape: readonly number[]): Promise<OnnxExecutable> {
    const key = shape.join();
    let executable = this.compiled.get(key);
    if (executable === undefined) {
      const { name, state, readOnly, scalars, body } = this.program;
      const specs = (names: readonly string[], of: readonly number[]): Program['inputs'] =>
        Object.fromEntries(names.map((input) => [input, { shape: of, dtype: 'float32' }]));
      executable = OnnxExecutable.compile(
        {
          name,
          inputs: { ...specs([...state, ...readOnly], shape), ...specs(scalars, []) },
          resident: state,
          body,
        },
        this.settings,
      );
      this.compiled.set(key, executable);
    }
    return executable;
  }
}
