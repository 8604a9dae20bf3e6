import tf from '../tensorflow-js.js';
import type {
  BackendValues,
  DataId,
  DataType,
  KernelBackend,
  NamedAttrMap,
  NamedTensorInfoMap,
  TensorInfo,
} from '@tensorflow/tfjs';
import { currentTrace, withTrace } from './current-trace.js';
import { elementType, toTensorData, type Trace } from './trace.js';
import { LOWERINGS } from './lowerings/index.js';

/** Name under which the recording backend is registered with TensorFlow.js. */
const TRACE_BACKEND = 'genai-trace';

function activeTrace(): Trace {
  const trace = currentTrace();
  if (trace === undefined) throw new Error('the tracing backend was used outside a trace');
  return trace;
}

/**
 * A TensorFlow.js backend whose kernels append ONNX nodes to the current trace instead of computing. The class is made
 * here, since TensorFlow.js must not be touched while modules load.
 */
function createTraceBackend(): KernelBackend {
  class TraceBackend extends tf.KernelBackend {
    override numDataIds(): number {
      return 0;
    }
    override floatPrecision(): 16 | 32 {
      return 32;
    }
    override epsilon(): number {
      return 1e-7; // as TensorFlow.js's float32 backends
    }
    override timerAvailable(): boolean {
      return false;
    }
    override disposeData(): boolean {
      return true; // values belong to the trace, which is collected as a whole
    }
    override incRef(): void {}
    decRef(): void {}
    override refCount(): number {
      return 1;
    }
    override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
      const type = elementType(dtype);
      const data = toTensorData(values as ArrayLike<number>, type);
      return activeTrace().constant(data, shape, type).dataId;
    }
    override move(): void {
      throw new Error('a tensor of another backend was used in a trace; pass it as an input of the program');
    }
    override readSync(dataId: DataId): BackendValues {
      const data = activeTrace().hostData(dataId);
      if (data === undefined) throw new Error('a program read the value of a tensor while it was traced');
      return data;
    }
    override async read(dataId: DataId): Promise<BackendValues> {
      return this.readSync(dataId);
    }
  }
  return new TraceBackend();
}

/**
 * A result as TensorFlow.js takes it. Where an operation changes nothing the lowering gives its operand back, and
 * that may not be the very tensor: the tape would take it for operand and result, and count its gradient twice.
 */
function detached({ dataId, shape, dtype }: TensorInfo): TensorInfo {
  return { dataId, shape, dtype };
}

let registered = false;

function registerBackend(): void {
  if (registered) return;
  registered = true;
  // Below every computing backend, so that TensorFlow.js never chooses it by itself.
  tf.registerBackend(TRACE_BACKEND, createTraceBackend, -1);
  for (const [kernelName, lower] of Object.entries(LOWERINGS)) {
    tf.registerKernel({
      kernelName,
      backendName: TRACE_BACKEND,
      kernelFunc: ({ inputs, attrs }) => {
        const result = lower(activeTrace(), inputs as NamedTensorInfoMap, (attrs ?? {}) as NamedAttrMap);
        return Array.isArray(result) ? result.map(detached) : detached(result);
      },
    });
  }
}

/** Runs `body` under `tf.tidy` with TensorFlow.js recording into `trace`; the backend in use before is restored. */
export function record<T>(trace: Trace, body: () => T): T {
  registerBackend();
  const backendBefore = tf.getBackend();
  // The backend needs no asynchronous start, so it is the current one at once.
  void tf.setBackend(TRACE_BACKEND);
  try {
    let result: T | undefined;
    withTrace(trace, () =>
      tf.tidy(() => {
        result = body();
      }),
    );
    return result as T;
  } finally {
    if (backendBefore) void tf.setBackend(backendBefore);
  }
}
