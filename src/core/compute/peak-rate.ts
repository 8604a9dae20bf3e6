import { ToolkitError } from '../errors/toolkit-error.js';

/** Formats of the matrix products that peaks are published for. */
export const COMPUTE_DTYPES = ['bf16', 'fp16', 'fp32'] as const;
export type ComputeDtype = (typeof COMPUTE_DTYPES)[number];

/** What an accelerator computes with at most, in TFLOPS without sparsity; `null` where it cannot or nobody says. */
export interface PeakRates {
  readonly name: string;
  readonly bf16Tflops: number | null;
  readonly fp16Tflops: number | null;
  readonly fp32Tflops: number | null;
}

/** The peak in a number format. */
export interface PeakRate {
  readonly tflops: number;
  /** The other 16-bit format where the accelerator has not the one that was asked for. */
  readonly dtype: ComputeDtype;
}

/**
 * The dense peak of an accelerator in a number format. Where it has only one of the two 16-bit formats, as V100 and T4
 * have FP16 and TPUs BF16, the peak is that of the one it has.
 *
 * @throws ToolkitError `UNSUPPORTED` where no peak is known
 */
export function peakRate(accelerator: PeakRates, dtype: ComputeDtype): PeakRate {
  const { name, bf16Tflops: bf16, fp16Tflops: fp16, fp32Tflops: fp32 } = accelerator;
  const peaks = { bf16, fp16, fp32 };
  const candidates: ComputeDtype[] =
    dtype === 'fp32' ? ['fp32'] : [dtype, dtype === 'bf16' ? 'fp16' : 'bf16'];
  for (const candidate of candidates) {
    const tflops = peaks[candidate];
    if (tflops !== null) return { tflops, dtype: candidate };
  }
  const known = COMPUTE_DTYPES.filter((candidate) => peaks[candidate] !== null);
  throw new ToolkitError(
    `${name}: no peak in ${dtype} is known`,
    'UNSUPPORTED',
    known.length === 0
      ? 'Choose another accelerator.'
      : `Choose --dtype ${known.join(' or ')}, or another accelerator.`,
  );
}
