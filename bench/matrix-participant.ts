/** ONNX Runtime's float32 matrix products alone, as a participant: what the machine can do, measured in the same run. */
import { performance } from 'node:perf_hooks';
import { createSession, hostTensor } from '../src/core/engine/onnxruntime/session.js';
import { GraphBuilder } from '../src/core/engine/onnx/graph-builder.js';
import type { MatrixProduct } from './matrix-products.js';
import { peakMemory, serve, startClock, type Memory, type Time, type Turn } from './protocol.js';

/** A product that is over sooner is repeated, and the median counts. */
const MINIMUM_MILLISECONDS = 50;

type Multiply = () => Promise<Time>;

/** Makes a product ready to be timed; both operands are fed, as weights in training are. */
async function prepareProduct({ rows, inner, columns }: MatrixProduct, threads: number): Promise<Multiply> {
  const graph = new GraphBuilder();
  const left = graph.input('left', [rows, inner], 'float32');
  const right = graph.input('right', [inner, columns], 'float32');
  graph.output('product', graph.node('MatMul', [left, right]), [rows, columns], 'float32');
  const session = await createSession(graph.build('product'), 'product', { provider: 'cpu', threads });
  const tensor = (shape: [number, number]) =>
    hostTensor(new Float32Array(shape[0] * shape[1]).fill(0.5), 'float32', shape);
  const feeds = { left: tensor([rows, inner]), right: tensor([inner, columns]) };
  const fetches = { product: tensor([rows, columns]) };
  return async () => {
    const clock = startClock();
    await session.run(feeds, fetches);
    return clock();
  };
}

const atStart = peakMemory();
let products: Multiply[] = [];

await serve(async (request) => {
  switch (request.do) {
    case 'prepare':
      products = await Promise.all(
        request.products.map((product) => prepareProduct(product, request.threads)),
      );
      return {};
    case 'compute': {
      const times: Record<string, Time[]> = {};
      for (const [index, multiply] of products.entries()) {
        const repetitions: Time[] = [];
        const end = performance.now() + MINIMUM_MILLISECONDS;
        do repetitions.push(await multiply());
        while (performance.now() < end);
        times[index] = repetitions;
      }
      return { times } satisfies Turn;
    }
    case 'memory':
      return { atStart, peak: peakMemory() } satisfies Memory;
  }
});
