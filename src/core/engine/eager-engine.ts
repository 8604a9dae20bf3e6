import type * as TensorFlow from '@tensorflow/tfjs';
import type { KernelBackend, Tensor } from '@tensorflow/tfjs';
import { ToolkitError } from '../errors/toolkit-error.js';
import { concreteShape } from './tracing/symbolic-sizes.js';
import { checkData, checkNames, checkSpec, describeSpec, HOST_ARRAY, misuse, sameSpec } from './checks.js';
import type {
  Cell,
  ElementType,
  ElementwiseProgram,
  ElementwiseUpdate,
  Engine,
  Executable,
  Program,
  TensorData,
  TensorSpec,
} from './engine.js';

/** The TensorFlow.js module. Whoever makes an engine imports it dynamically, so that this file costs nothing. */
export type TensorFlowModule = typeof TensorFlow;

/** What an eager engine is called and which TensorFlow.js backend computes for it. */
export interface EagerBackend {
  readonly name: Engine['name'];
  /** Name under which the backend is registered with TensorFlow.js, e.g. `cpu` or `tensorflow`. */
  readonly backendName: string;
  readonly device: string;
}

const specOf = (tensor: Tensor): TensorSpec => ({
  shape: [...tensor.shape],
  dtype: tensor.dtype as ElementType,
});

/** A host copy as a tensor of the current tidy. */
function toTensor(tf: TensorFlowModule, what: string, spec: TensorSpec, data: TensorData): Tensor {
  checkData(what, spec, data);
  return tf.tensor(new HOST_ARRAY[spec.dtype](data), [...spec.shape], spec.dtype);
}

async function toHost(tensor: Tensor): Promise<TensorData> {
  const data = await tensor.data<ElementType>();
  return new HOST_ARRAY[tensor.dtype as ElementType](data);
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

/** A tensor that outlives every tidy. It is never changed, only replaced. */
class EagerCell implements Cell {
  readonly shape: readonly number[];
  readonly dtype: ElementType;

  constructor(
    private readonly engine: EagerEngine,
    spec: TensorSpec,
    private current: Tensor | undefined,
  ) {
    this.shape = spec.shape;
    this.dtype = spec.dtype;
  }

  get tensor(): Tensor {
    if (this.current === undefined)
      throw misuse(`a cell of ${describeSpec(this)} is used after it was disposed`);
    return this.current;
  }

  async read(): Promise<TensorData> {
    return toHost(this.tensor);
  }

  async write(data: TensorData): Promise<void> {
    const { value } = this.engine.compute((tf) => ({ value: toTensor(tf, 'a cell', this, data) }));
    this.replace(value!);
  }

  async clear(): Promise<void> {
    const { value } = this.engine.compute((tf) => ({ value: tf.zeros([...this.shape], this.dtype) }));
    this.replace(value!);
  }

  /** Takes over a kept tensor of this cell's shape and type. */
  replace(tensor: Tensor): void {
    this.tensor.dispose();
    this.current = tensor;
  }

  dispose(): void {
    this.current?.dispose();
    this.current = undefined;
    this.engine.forget(this);
  }
}

/** A program whose body is run anew each time. */
class EagerExecutable implements Executable {
  private specs: Record<string, TensorSpec> | undefined;

  constructor(
    private readonly engine: EagerEngine,
    private readonly program: Program,
  ) {}

  /** Known after the first run; asked for before, they cost one run over zeros. */
  get outputs(): Readonly<Record<string, TensorSpec>> {
    if (this.specs === undefined) {
      const { inputs, body } = this.program;
      const results = this.engine.compute((tf) =>
        body(mapValues(inputs, ({ shape, dtype }) => tf.zeros([...shape], dtype))),
      );
      this.specs = mapValues(results, specOf);
      for (const tensor of Object.values(results)) tensor.dispose();
    }
    return this.specs;
  }

  async run(
    feeds: Readonly<Record<string, Cell | TensorData>>,
    into: Readonly<Record<string, Cell>> = {},
    sizes: Readonly<Record<string, number>> = {},
  ): Promise<Record<string, TensorData>> {
    const { engine } = this;
    const { name: program, inputs, symbolic, resident = [], body } = this.program;
    checkNames(`inputs of ${program}`, feeds, Object.keys(inputs));
    checkNames(`cells for the resident outputs of ${program}`, into, resident);
    const results = engine.compute((tf) =>
      body(
        mapValues(inputs, ({ shape, dtype }, name) => {
          const spec = {
            shape: symbolic === undefined ? shape : concreteShape(shape, symbolic, sizes),
            dtype,
          };
          const feed = feeds[name]!;
          const what = `input ${name} of ${program}`;
          return ArrayBuffer.isView(feed)
            ? toTensor(tf, what, spec, feed)
            : engine.own(what, spec, feed).tensor;
        }),
      ),
    );
    try {
      this.specs ??= mapValues(results, specOf);
      const targets = Object.entries(into).map(([name, cell]) => {
        const output = results[name];
        if (output === undefined) throw misuse(`${program} has no output ${name}`);
        return { name, output, cell: engine.own(`output ${name} of ${program}`, specOf(output), cell) };
      });
      for (const { name, output, cell } of targets) {
        cell.replace(output);
        delete results[name];
      }
      const values = Object.entries(results).map(
        async ([name, tensor]) => [name, await toHost(tensor)] as const,
      );
      return Object.fromEntries(await Promise.all(values));
    } finally {
      for (const tensor of Object.values(results)) tensor.dispose();
    }
  }

  async dispose(): Promise<void> {
    // Nothing was compiled, so nothing is held.
  }
}

/** An element-wise update, run group by group. */
class EagerElementwiseUpdate implements ElementwiseUpdate {
  constructor(
    private readonly engine: EagerEngine,
    private readonly program: ElementwiseProgram,
  ) {}

  async apply(
    groups: readonly Readonly<Record<string, Cell>>[],
    scalars: Readonly<Record<string, number>>,
  ): Promise<void> {
    const { name: program, state, readOnly, body } = this.program;
    checkNames(`scalars of ${program}`, scalars, this.program.scalars);
    const owned = groups.map((group, index) => {
      const what = `group ${index} of ${program}`;
      checkNames(what, group, [...state, ...readOnly]);
      const spec: TensorSpec = { shape: Object.values(group)[0]?.shape ?? [], dtype: 'float32' };
      return {
        spec,
        cells: mapValues(group, (cell, name) => this.engine.own(`${name} in ${what}`, spec, cell)),
      };
    });
    for (const { spec, cells } of owned) {
      const updated = this.engine.compute((tf) => {
        const outputs = body({
          ...mapValues(cells, (cell) => cell.tensor),
          ...mapValues(scalars, (value) => tf.scalar(value, 'float32')),
        });
        checkNames(`outputs of ${program}`, outputs, state);
        for (const [name, output] of Object.entries(outputs)) {
          if (!sameSpec(specOf(output), spec)) {
            throw misuse(
              `${program} turns ${name} from ${describeSpec(spec)} into ${describeSpec(specOf(output))}`,
            );
          }
        }
        return outputs;
      });
      for (const [name, tensor] of Object.entries(updated)) cells[name]!.replace(tensor);
    }
  }

  async dispose(): Promise<void> {
    // Nothing was compiled, so nothing is held.
  }
}

/**
 * Runs programs one operation at a time on a registered TensorFlow.js backend.
 *
 * Host arrays are copied on the way in and out: the CPU backend works on the very arrays it is given, and its
 * slices are views, so that a cell or a result could otherwise share memory with the caller.
 */
export class EagerEngine implements Engine {
  readonly name: Engine['name'];
  readonly device: string;
  private readonly backendName: string;
  private readonly cells = new Set<EagerCell>();

  /**
   * @param tf TensorFlow.js, with the gradients registered
   * @param backend a backend that needs no asynchronous initialisation
   * @throws ToolkitError `ENGINE` if that backend is not registered or cannot start
   */
  constructor(
    private readonly tf: TensorFlowModule,
    backend: EagerBackend,
  ) {
    this.name = backend.name;
    this.device = backend.device;
    this.backendName = backend.backendName;
    // The typings leave out the two ways of saying that there is none.
    if (!(tf.findBackend(this.backendName) as KernelBackend | null | undefined)) {
      throw new ToolkitError(
        `the TensorFlow.js backend "${this.backendName}" is not available`,
        'ENGINE',
        'Run `genai doctor` to see which engines work on this machine.',
      );
    }
  }

  async cell(spec: TensorSpec, data?: TensorData): Promise<Cell> {
    const { value } = this.compute((tf) => ({
      value:
        data === undefined ? tf.zeros([...spec.shape], spec.dtype) : toTensor(tf, 'a new cell', spec, data),
    }));
    const cell = new EagerCell(this, spec, value);
    this.cells.add(cell);
    return cell;
  }

  async compile(program: Program): Promise<Executable> {
    return new EagerExecutable(this, program);
  }

  async compileElementwise(program: ElementwiseProgram): Promise<ElementwiseUpdate> {
    return new EagerElementwiseUpdate(this, program);
  }

  async dispose(): Promise<void> {
    for (const cell of this.cells) cell.dispose();
  }

  /**
   * Calls `action` in a tidy with this engine's backend as the current one, and keeps the tensors it returns. The
   * TensorFlow.js instance is shared with other backends, so `action` is synchronous: nothing can come between
   * the switch and its undoing.
   * @returns tensors that the caller disposes, each one its own even where `action` returned an input
   */
  compute(action: (tf: TensorFlowModule) => Record<string, Tensor>): Record<string, Tensor> {
    const { tf, backendName } = this;
    const previous = tf.getBackend() as string | undefined;
    // These promises are settled already: the constructor saw to it that the backend is initialised.
    if (previous !== backendName) void tf.setBackend(backendName);
    tf.engine().startScope();
    try {
      return mapValues(action(tf), (tensor) => tf.keep(tf.clone(tensor)));
    } finally {
      tf.engine().endScope();
      if (previous !== undefined && previous !== backendName) void tf.setBackend(previous);
    }
  }

  /** The cell as one of this engine's, of the given shape and type. */
  own(what: string, spec: TensorSpec, cell: Cell): EagerCell {
    if (!(cell instanceof EagerCell) || !this.cells.has(cell)) {
      throw misuse(`${what}: the cell was disposed or belongs to another engine`);
    }
    checkSpec(what, spec, cell);
    return cell;
  }

  /** No longer disposes this cell with the engine. */
  forget(cell: EagerCell): void {
    this.cells.delete(cell);
  }
}
