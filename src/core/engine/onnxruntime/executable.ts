import tf from '../tensorflow-js.js';
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Tensor } from '@tensorflow/tfjs';
import { checkData, checkNames, checkSpec, misuse } from '../checks.js';
import type { Cell, ElementType, Executable, Program, TensorData, TensorSpec } from '../engine.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { record } from '../tracing/backend.js';
import { Trace } from '../tracing/trace.js';
import { DeviceCell, HostCell, type OnnxCell } from './cells.js';
import {
  createSession,
  describeRuntimeError,
  hostTensor,
  type Provider,
  type SessionSettings,
} from './session.js';
import { SharedSession } from './shared-session.js';

/** A program as an ONNX graph. */
export interface TracedProgram {
  readonly model: Uint8Array;
  readonly outputs: Readonly<Record<string, TensorSpec>>;
}

/** An output may be called like an input, as what is updated in place is; values of one graph may not. */
function graphOutputName(program: Program, output: string): string {
  return output in program.inputs ? `new ${output}` : output;
}

/** Records a program, with whatever gradients it takes, as one ONNX graph. */
export function traceProgram(program: Program, target: Provider): TracedProgram {
  const graph = new GraphBuilder();
  const trace = new Trace(graph, target);
  return record(trace, () => {
    const inputs: Record<string, Tensor> = {};
    for (const [name, { shape, dtype }] of Object.entries(program.inputs)) {
      const info = trace.tensor(graph.input(name, shape, dtype), shape, dtype);
      inputs[name] = tf.engine().makeTensorFromTensorInfo(info);
    }
    const outputs: Record<string, TensorSpec> = {};
    for (const [name, tensor] of Object.entries(program.body(inputs))) {
      const spec = { shape: [...tensor.shape], dtype: tensor.dtype as ElementType };
      graph.output(graphOutputName(program, name), trace.name(tensor), spec.shape, spec.dtype);
      outputs[name] = spec;
    }
    return { model: graph.build(program.name), outputs };
  });
}

function ownCell(what: string, cell: Cell): OnnxCell {
  if (cell instanceof HostCell || cell instanceof DeviceCell) return cell;
  throw misuse(`${what}: the cell belongs to another engine`);
}

/** A compiled program. */
export class OnnxExecutable implements Executable {
  private constructor(
    private readonly program: Program,
    private readonly shared: SharedSession,
    readonly outputs: Readonly<Record<string, TensorSpec>>,
  ) {}

  static async compile(program: Program, settings: SessionSettings): Promise<OnnxExecutable> {
    const { model, outputs } = traceProgram(program, settings.provider);
    const session = await createSession(model, program.name, {
      ...settings,
      resident: (program.resident ?? []).map((name) => graphOutputName(program, name)),
    });
    return new OnnxExecutable(program, new SharedSession(session), outputs);
  }

  async run(
    feeds: Readonly<Record<string, Cell | TensorData>>,
    into: Readonly<Record<string, Cell>> = {},
  ): Promise<Record<string, TensorData>> {
    const { name: program, resident = [] } = this.program;
    checkNames(`inputs of ${program}`, feeds, Object.keys(this.program.inputs));
    checkNames(`cells for the resident outputs of ${program}`, into, resident);
    const tensors = this.feedTensors(feeds);
    const fetches: Record<string, OnnxTensor | null> = {};
    for (const name of Object.keys(this.outputs)) {
      const cell = into[name];
      if (cell !== undefined) {
        const what = `output ${name} of ${program}`;
        checkSpec(what, this.outputs[name]!, ownCell(what, cell));
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

  private feedTensors(feeds: Readonly<Record<string, Cell | TensorData>>): Record<string, OnnxTensor> {
    const tensors: Record<string, OnnxTensor> = {};
    // An input that nothing in the graph reads is still declared, so it is still fed.
    for (const [name, spec] of Object.entries(this.program.inputs)) {
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
