import tf from '../tensorflow-js.js';
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Tensor } from '@tensorflow/tfjs';
import { checkData, checkNames, checkSpec, misuse } from '../checks.js';
import type { Cell, ElementType, Executable, Program, TensorData, TensorSpec } from '../engine.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { record } from '../tracing/backend.js';
import { concreteShape } from '../tracing/symbolic-sizes.js';
import { Trace } from '../tracing/trace.js';
import { DeviceCell, HostCell, type OnnxCell } from './cells.js';
import {
  createSession,
  describeRuntimeError,
  hostTensor,
  type ExternalData,
  type Provider,
  type SessionSettings,
} from './session.js';
import { SharedSession } from './shared-session.js';

/** Constants from this size on are handed over beside the graph: copied into it, all together may pass its 2 GiB. */
const LARGE_CONSTANT_BYTES = 2 ** 20;

/** A program as an ONNX graph. */
export interface TracedProgram {
  readonly model: Uint8Array;
  /** Large constants, which are not in the model but named there. */
  readonly weights: readonly ExternalData[];
  readonly outputs: Readonly<Record<string, TensorSpec>>;
}

/** An output may be called like an input, as what is updated in place is; values of one graph may not. */
function graphOutputName(program: Pick<Program, 'inputs'>, output: string): string {
  return output in program.inputs ? `new ${output}` : output;
}

/** Records a program, with whatever gradients it takes, as one ONNX graph. */
function traceProgram(program: Program, target: Provider): TracedProgram {
  const graph = new GraphBuilder();
  const trace = new Trace(graph, target, program.symbolic);
  return record(trace, () => {
    const inputs: Record<string, Tensor> = {};
    for (const [name, { shape, dtype }] of Object.entries(program.inputs)) {
      inputs[name] = tf.engine().makeTensorFromTensorInfo(trace.input(name, shape, dtype));
    }
    const outputs: Record<string, TensorSpec> = {};
    for (const [name, tensor] of Object.entries(program.body(inputs))) {
      trace.output(graphOutputName(program, name), tensor);
      outputs[name] = { shape: [...tensor.shape], dtype: tensor.dtype as ElementType };
    }
    const weights: ExternalData[] = [];
    const model = graph.build(program.name, (name, data) => {
      if (data.byteLength < LARGE_CONSTANT_BYTES) return undefined;
      weights.push({ path: name, data });
      return { location: name, offset: 0 };
    });
    return { model, weights, outputs };
  });
}

function ownCell(what: string, cell: Cell): OnnxCell {
  if (cell instanceof HostCell || cell instanceof DeviceCell) return cell;
  throw misuse(`${what}: the cell belongs to another engine`);
}

/** A compiled program. */
export class OnnxExecutable implements Executable {
  private constructor(
    /** Without its body, which may hold weights that the session has its own copy of. */
    private readonly program: Omit<Program, 'body'>,
    private readonly shared: SharedSession,
    readonly outputs: Readonly<Record<string, TensorSpec>>,
  ) {}

  static async compile(program: Program, settings: SessionSettings): Promise<OnnxExecutable> {
    const { model, weights, outputs } = traceProgram(program, settings.provider);
    const session = await createSession(model, program.name, {
      ...settings,
      weights,
      resident: (program.resident ?? []).map((name) => graphOutputName(program, name)),
    });
    const { body: _, ...signature } = program;
    return new OnnxExecutable(signature, new SharedSession(session), outputs);
  }

  async run(
    feeds: Readonly<Record<string, Cell | TensorData>>,
    into: Readonly<Record<string, Cell>> = {},
    sizes: Readonly<Record<string, number>> = {},
  ): Promise<Record<string, TensorData>> {
    const { name: program, resident = [], symbolic } = this.program;
    const concrete = ({ shape, dtype }: TensorSpec): TensorSpec => ({
      shape: symbolic === undefined ? shape : concreteShape(shape, symbolic, sizes),
      dtype,
    });
    checkNames(`inputs of ${program}`, feeds, Object.keys(this.program.inputs));
    checkNames(`cells for the resident outputs of ${program}`, into, resident);
    const tensors = this.feedTensors(feeds, concrete);
    const fetches: Record<string, OnnxTensor | null> = {};
    for (const name of Object.keys(this.outputs)) {
      const cell = into[name];
      if (cell !== undefined) {
        const what = `output ${name} of ${program}`;
        checkSpec(what, concrete(this.outputs[name]!), ownCell(what, cell));
      }
      fetches[graphOutputName(this.program, name)] = cell instanceof HostCell ? cell.tensor : null;
    }
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = await this.shared.session.run(tensors, fetches);
    } catch (error) {
      throw describeRuntimeError(error, program);
    }
    const returned: Record<string, TensorData> = {};
    for (const name of Object.keys(this.outputs)) {
      const cell = into[name];
      const result = results[graphOutputName(this.program, name)] as OnnxTensor;
      if (cell instanceof DeviceCell) cell.replace({ tensor: result, session: this.shared });
      else if (cell === undefined) returned[name] = result.data as TensorData;
    }
    return returned;
  }

  async dispose(): Promise<void> {
    await this.shared.release();
  }

  /** Ends a profile begun with `profilePrefix`. */
  endProfiling(): void {
    this.shared.session.endProfiling();
  }

  private feedTensors(
    feeds: Readonly<Record<string, Cell | TensorData>>,
    concrete: (spec: TensorSpec) => TensorSpec,
  ): Record<string, OnnxTensor> {
    const tensors: Record<string, OnnxTensor> = {};
    // An input that nothing in the graph reads is still declared, so it is still fed.
    for (const [name, declared] of Object.entries(this.program.inputs)) {
      const spec = concrete(declared);
      const value = feeds[name]!;
      const what = `input ${name} of ${this.program.name}`;
      if (ArrayBuffer.isView(value)) {
        checkData(what, spec, value);
        tensors[name] = hostTensor(value, spec.dtype, spec.shape);
      } else {
        checkSpec(what, spec, value);
        tensors[name] = ownCell(what, value).tensor;
      }
    }
    return tensors;
  }
}
