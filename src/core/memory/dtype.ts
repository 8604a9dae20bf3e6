/** Number formats that weights are held in, with bytes per element; two int4 values share a byte. */
export const DTYPE_BYTES = { fp32: 4, fp16: 2, bf16: 2, int8: 1, int4: 0.5 } as const;

/** Name of a number format. */
export type Dtype = keyof typeof DTYPE_BYTES;

/** All names, in falling width. */
export const DTYPES = Object.keys(DTYPE_BYTES) as readonly Dtype[];

/** Integer weights are for products only: what is computed with them stays in 16 bits. */
const NARROWEST_COMPUTE_BYTES = 2;

/** Bytes of one activation or cache element when the weights are of this format. */
export function computeBytes(dtype: Dtype): number {
  return Math.max(DTYPE_BYTES[dtype], NARROWEST_COMPUTE_BYTES);
}

/** Whether weights can be trained in this format; steps are smaller than the distance between two integers. */
export function isTrainable(dtype: Dtype): boolean {
  return dtype !== 'int8' && dtype !== 'int4';
}
