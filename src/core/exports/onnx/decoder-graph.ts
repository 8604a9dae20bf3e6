import tf from '../../engine/tensorflow-js.js';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Model } from '../../architectures/architecture.js';
import { float32ToFloat16 } from '../../checkpoints/half-precision.js';
import type { HostTensor } from '../../checkpoints/checkpoint.js';
import { GraphBuilder } from '../../engine/onnx/graph-builder.js';
import { ONNX_TYPE } from '../../engine/onnx/protobuf.js';
import { quantizedProduct } from '../../engine/operations/quantized-product.js';
import { record } from '../../engine/tracing/backend.js';
import { Trace } from '../../engine/tracing/trace.js';
import type { FixedWeights } from '../../generation/fixed-weights.js';
import type { ForwardContext } from '../../layers/forward-context.js';
import { decoderAttention, type LayerCache } from './decoder-attention.js';

/**
 * What stands for the sizes that each run chooses. The first three are primes that no size of a model has as a factor; the
 * fourth is the sum of two of them, as the number of all tokens is.
 */
const SIZES = {
  batch_size: 999_983,
  sequence_length: 999_979,
  past_sequence_length: 999_961,
  total_sequence_length: 999_979 + 999_961,
} as const;

/** Names that Optimum and Transformers.js look for. */
const NAMES = {
  past: (layer: number, what: keyof LayerCache) => `past_key_values.${layer}.${what}`,
  present: (layer: number, what: keyof LayerCache) => `present.${layer}.${what}`,
};

/**
 * A decoder as an ONNX graph in the layout of Optimum and Transformers.js: `input_ids`, `attention_mask` and `position_ids`
 * as int64, `past_key_values.N.key|value` [batch, kvHeads, past, headDimension] to `logits` [batch, sequence, vocabulary]
 * and `present.N.key|value`. Operators are ONNX's own, but for `MatMulNBits` where weights are integers.
 *
 * @param weights of the model
 * @param inHalf stores matrices that are not quantised in float16; everything is computed in float32
 */
export function decoderGraph(model: Model, weights: FixedWeights, inHalf: boolean): GraphBuilder {
  const graph = new GraphBuilder();
  const trace = new Trace(graph, 'any', SIZES);
  record(trace, () => {
    const batch = SIZES.batch_size;
    const { kvHeads, headDimension, layers, hidden } = model.shape;
    const integers = (name: string, shape: readonly number[]): Tensor => {
      graph.input(name, trace.sizes.dimensions(shape), 'int64');
      trace.sizes.declare(name, shape);
      const narrowed = graph.node('Cast', [name], { attributes: { to: ONNX_TYPE.int32 } });
      return tf.engine().makeTensorFromTensorInfo(trace.tensor(narrowed, shape, 'int32'));
    };
    const tokens = integers('input_ids', [batch, SIZES.sequence_length]);
    const mask = integers('attention_mask', [batch, SIZES.total_sequence_length]);
    const positions = integers('position_ids', [batch, SIZES.sequence_length]);
    const past = Array.from({ length: layers }, (_, layer): LayerCache => {
      const shape = [batch, kvHeads, SIZES.past_sequence_length, headDimension];
      const input = (what: keyof LayerCache): Tensor =>
        tf.engine().makeTensorFromTensorInfo(trace.input(NAMES.past(layer, what), shape, 'float32'));
      return { key: input('key'), value: input('value') };
    });

    const parameters = new Map<string, Tensor>();
    const parameter = (name: string): Tensor => {
      let tensor = parameters.get(name);
      if (tensor === undefined) {
        tensor = constant(trace, weights.tensors.get(name)!, inHalf);
        parameters.set(name, tensor);
      }
      return tensor;
    };
    const present: LayerCache[] = [];
    const context: ForwardContext = {
      parameter,
      quantized: (name) => weights.quantized.get(name),
      attend: (request) => {
        const result = decoderAttention(request, mask, past[request.layer]!);
        present[request.layer] = result.present;
        return result.attended;
      },
    };
    const states = model.hiddenStates(context, tokens, positions, model.shape.contextLength);
    const head = weights.quantized.get(model.headParameter);
    const rows = tf.reshape(states, [-1, hidden]) as Tensor2D;
    const logits =
      head === undefined
        ? tf.matMul(rows, parameter(model.headParameter) as Tensor2D, false, true)
        : quantizedProduct(rows, head);
    trace.output('logits', tf.reshape(logits, [batch, SIZES.sequence_length, model.shape.vocabulary]));
    for (const [layer, cache] of present.entries()) {
      trace.output(NAMES.present(layer, 'key'), cache.key);
      trace.output(NAMES.present(layer, 'value'), cache.value);
    }
  });
  return graph;
}

function constant(trace: Trace, { shape, data }: HostTensor, inHalf: boolean): Tensor {
  // Norms and biases are small, and worth their precision.
  if (!inHalf || shape.length < 2) return tf.tensor(data, [...shape]);
  const half = trace.graph.constant(shape, 'float16', float32ToFloat16(data));
  const widened = trace.graph.node('Cast', [half], { attributes: { to: ONNX_TYPE.float32 } });
  return tf.engine().makeTensorFromTensorInfo(trace.tensor(widened, shape, 'float32'));
}
