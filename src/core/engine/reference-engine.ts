import { EagerEngine } from './eager-engine.js';
import type { Engine } from './engine.js';

/**
 * The engine that other engines are checked against: TensorFlow.js's own pure-JavaScript kernels, one operation
 * at a time. Hundreds of times slower than native code; meant for tests and small examples.
 */
export async function createReferenceEngine(): Promise<Engine> {
  const tf = await import('@tensorflow/tfjs');
  // Without this the first tensor writes an advertisement to standard error.
  tf.enableProdMode();
  return new EagerEngine(tf, { name: 'reference', backendName: 'cpu', device: 'cpu' });
}
