import type { Case } from './cases.js';
import { operationsOf, type MatrixProduct } from './matrix-products.js';
import type { Recording, Recordings } from './measure.js';
import type { Memory, Time } from './protocol.js';

/** What is timed: an optimiser step, the reading of a prompt up to the first new token, and the tokens after it. */
export type Timed = 'step' | 'prefill' | 'decode';

/** How fast the machine multiplied float32 matrices while a case ran, in GFLOP/s. */
export interface MatrixRate {
  /** Of the square product, which stands for what the machine can do. */
  readonly square: number;
  /** Over the case's own products with weights, each as often as a step needs it; `null` for generation. */
  readonly own: number | null;
  readonly products: readonly (MatrixProduct & { readonly gigaflops: number })[];
}

/** How fast one side did what was timed. */
export interface Rate {
  /** Median over the samples. */
  readonly milliseconds: number;
  /** What a machine busy with other work disturbed least. */
  readonly fastest: number;
  readonly tokensPerSecond: number;
  /** The needed matrix products over the median time; `null` for generation, which memory bounds. */
  readonly gigaflops: number | null;
  /** The same over {@link MatrixRate.square}. */
  readonly shareOfMatrixRate: number | null;
  /** Median of what all threads of the process together spent computing. */
  readonly processorMilliseconds: number;
  /** Every sample, in order. */
  readonly samples: readonly Time[];
}

export interface Side {
  readonly rates: Readonly<Partial<Record<Timed, Rate>>>;
  readonly memory: Memory;
  /** Mean cross-entropy before each timed step: on both sides near the logarithm of the vocabulary, and not growing. */
  readonly losses: readonly number[];
}

/** The toolkit's speed over PyTorch's. */
export interface SpeedRatio {
  /** By tokens per second, that is by medians. */
  readonly median: number;
  readonly fastest: number;
  /** By processor time: on one thread what an idle machine would show, on more it counts waiting threads that spin. */
  readonly processor: number;
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  /** Floating-point operations of the matrix products that one training step needs; `null` for generation. */
  readonly operations: number | null;
  readonly matrixRate: MatrixRate;
  readonly toolkit: Side;
  /** A message where PyTorch failed, `null` where there is none. */
  readonly pytorch: Side | string | null;
  readonly speedRatio: Readonly<Partial<Record<Timed, SpeedRatio>>>;
  /** The toolkit's peak memory over PyTorch's. */
  readonly memoryRatio: number | null;
}

/** The middle value; of an even number the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** Tokens that one sample of what was timed stands for. */
function tokensOf(measured: Case, timed: Timed): number {
  if (measured.kind === 'training') return measured.batchSize * measured.length;
  return timed === 'prefill' ? measured.promptLength : measured.newTokens - 1;
}

function samplesOf({ turns }: Recording, timed: string): Time[] {
  return turns.flatMap(({ times }) => times[timed] ?? []);
}

/** Operations in a millisecond are thousands in a second. */
function gigaflopsOf(operations: number, milliseconds: number): number {
  return operations / milliseconds / 1e6;
}

/** @param products the square product, then the case's own */
function matrixRateOf(recording: Recording, products: readonly MatrixProduct[]): MatrixRate {
  const times = products.map((_, index) =>
    median(samplesOf(recording, String(index)).map(({ milliseconds }) => milliseconds)),
  );
  const rates = products.map((product, index) => ({
    ...product,
    gigaflops: gigaflopsOf(operationsOf({ ...product, count: 1 }), times[index]!),
  }));
  const own = products.slice(1);
  const total = own.reduce((sum, { count }, index) => sum + count * times[index + 1]!, 0);
  const operations = own.reduce((sum, product) => sum + operationsOf(product), 0);
  return {
    square: rates[0]!.gigaflops,
    own: own.length === 0 ? null : gigaflopsOf(operations, total),
    products: rates,
  };
}

function sideOf(
  measured: Case,
  recording: Recording,
  operations: number | null,
  { square }: MatrixRate,
): Side {
  const timed: Timed[] = measured.kind === 'training' ? ['step'] : ['prefill', 'decode'];
  const rates: Partial<Record<Timed, Rate>> = {};
  for (const what of timed) {
    const samples = samplesOf(recording, what);
    const wall = samples.map((sample) => sample.milliseconds);
    const milliseconds = median(wall);
    const gigaflops = operations === null ? null : gigaflopsOf(operations, milliseconds);
    rates[what] = {
      milliseconds,
      fastest: Math.min(...wall),
      processorMilliseconds: median(samples.map((sample) => sample.processorMilliseconds)),
      tokensPerSecond: (tokensOf(measured, what) / milliseconds) * 1000,
      gigaflops,
      shareOfMatrixRate: gigaflops === null ? null : gigaflops / square,
      samples,
    };
  }
  return { rates, memory: recording.memory, losses: recording.turns.flatMap(({ losses }) => losses ?? []) };
}

/**
 * Medians and ratios of one case.
 *
 * @param products the shapes multiplied alone, the square one first
 * @param operations of a training step; `null` for generation
 */
export function summarize(
  measured: Case,
  recordings: Recordings,
  products: readonly MatrixProduct[],
  operations: number | null,
): CaseResult {
  const matrixRate = matrixRateOf(recordings.matrix, products);
  const toolkit = sideOf(measured, recordings.toolkit, operations, matrixRate);
  const pytorch =
    recordings.pytorch === null || typeof recordings.pytorch === 'string'
      ? recordings.pytorch
      : sideOf(measured, recordings.pytorch, operations, matrixRate);
  const other = typeof pytorch === 'string' ? null : pytorch;
  const speedRatio: Partial<Record<Timed, SpeedRatio>> = {};
  for (const [timed, rate] of Object.entries(other?.rates ?? {}) as [Timed, Rate][]) {
    const own = toolkit.rates[timed]!;
    speedRatio[timed] = {
      median: rate.milliseconds / own.milliseconds,
      fastest: rate.fastest / own.fastest,
      processor: rate.processorMilliseconds / own.processorMilliseconds,
    };
  }
  const [ours, theirs] = [toolkit.memory.peak, other?.memory.peak ?? null];
  return {
    name: measured.name,
    title: measured.title,
    operations,
    matrixRate,
    toolkit,
    pytorch,
    speedRatio,
    memoryRatio: ours === null || theirs === null ? null : ours / theirs,
  };
}
