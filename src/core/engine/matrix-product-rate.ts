import tf from './tensorflow-js.js';
import type { Tensor2D } from '@tensorflow/tfjs';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { Engine } from './engine.js';

/** How fast an engine multiplies float32 matrices: about what bounds training and the reading of prompts. */
export interface MatrixProductRate {
  /** Rows and columns of the matrices. */
  readonly matrix_size: number;
  /** 10^9 multiplications and additions per second. */
  readonly gflop_per_second: number;
}

/** Products of square matrices, each with the result of the one before. */
export interface ProductChain {
  /** Rows and columns. */
  readonly size: number;
  readonly products: number;
  /** How often the chain is timed, after a first run that also compiles and allocates. */
  readonly runs: number;
}

/**
 * Chains of products, each 64 times the work of the one before or less: slow engines must not take minutes, and on fast
 * ones a single product would measure the way to the device and back.
 */
const CHAINS: readonly ProductChain[] = [
  { size: 256, products: 1, runs: 3 },
  { size: 1024, products: 1, runs: 3 },
  { size: 1024, products: 16, runs: 3 },
  { size: 1024, products: 512, runs: 3 },
];
/** A longer chain is tried if one run of it should be done within this time. */
const LONGEST_RUN_MILLISECONDS = 250;

/** Multiplications and additions of a chain. */
const flopsOf = ({ size, products }: ProductChain): number => 2 * size ** 3 * products;

/**
 * Best time, in milliseconds, of a chain of products whose matrices the device already holds.
 *
 * @param now milliseconds from any start
 * @throws ToolkitError `ENGINE` when they are wrong or cannot be computed
 */
export async function timeMatrixProducts(
  engine: Engine,
  { size, products, runs }: ProductChain,
  now: () => number,
): Promise<number> {
  const spec = { shape: [size, size], dtype: 'float32' } as const;
  const executable = await engine.compile({
    name: `${products} products of ${size} × ${size} matrices`,
    inputs: { ones: spec, mean: spec },
    body: ({ ones, mean }) => {
      let product = ones as Tensor2D;
      for (let index = 0; index < products; index++) product = tf.matMul(product, mean as Tensor2D);
      // One number is enough to know that all were computed, and costs no transfer.
      return { corner: tf.slice(product, [0, 0], [1, 1]) };
    },
  });
  // Rows of ones times columns of 1/size, both exact in binary, are rows of ones again, however many the products.
  const ones = await engine.cell(spec, new Float32Array(size * size).fill(1));
  const mean = await engine.cell(spec, new Float32Array(size * size).fill(1 / size));
  try {
    let shortest = Infinity;
    for (let run = 0; run <= runs; run++) {
      const start = now();
      const { corner } = await executable.run({ ones, mean });
      if (run > 0) shortest = Math.min(shortest, now() - start);
      if (corner?.[0] !== 1) {
        throw new ToolkitError(
          `the ${engine.name} engine computes wrong numbers on ${engine.device}: a product that is 1 came out as ${corner?.[0]}`,
          'ENGINE',
          'Choose another --engine or --device, and update the driver of this one.',
        );
      }
    }
    return shortest;
  } finally {
    ones.dispose();
    mean.dispose();
    await executable.dispose();
  }
}

/**
 * Measures, in a second or less on what can train a model, the rate of float32 matrix products; checks that they are right.
 *
 * @param now milliseconds from any start
 * @throws ToolkitError `ENGINE` when the products are wrong or cannot be computed
 */
export async function measureMatrixProducts(engine: Engine, now: () => number): Promise<MatrixProductRate> {
  let best: MatrixProductRate | undefined;
  for (const chain of CHAINS) {
    const expected = best === undefined ? 0 : flopsOf(chain) / 1e6 / best.gflop_per_second;
    if (expected > LONGEST_RUN_MILLISECONDS) break;
    const milliseconds = await timeMatrixProducts(engine, chain, now);
    best = { matrix_size: chain.size, gflop_per_second: flopsOf(chain) / 1e6 / milliseconds };
  }
  return best!;
}
