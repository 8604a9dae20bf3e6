import type { Tensor } from '@tensorflow/tfjs';
import type { Operand } from './operand.js';

/** How far a value may be from the expected one: `absolute + relative · |expected|`. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** One computation that all engines must agree on. */
export interface Case {
  /** Unique within its list. */
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly compute: (...tensors: Tensor[]) => Tensor | readonly Tensor[];
  /** Where two correct float32 implementations differ by more than {@link DEFAULT_TOLERANCE}. */
  readonly tolerance?: Tolerance;
  /** Why no derivative is compared; where it is missing, all float operands are differentiated. */
  readonly noGradient?: string;
  /** It is a longer run of kernels that shorter cases call too: a GPU imitated by the processor would take seconds. */
  readonly long?: boolean;
  /** Its operands hold infinities, NaN or numbers whose results do. */
  readonly special?: boolean;
  /** Indices of operands that must not have one value everywhere. */
  readonly neverFilled?: readonly number[];
  /** Indices of operands that the computation is not differentiable by. */
  readonly withoutGradient?: readonly number[];
}

/** For what is the same bit for bit. */
export const EXACT: Tolerance = { relative: 0, absolute: 0 };

/**
 * What the WebGPU shading language allows: sin and cos may be 2⁻¹¹ off, and infinities and NaN need not be told from
 * other numbers (https://www.w3.org/TR/WGSL/#floating-point-accuracy).
 */
export const WEBGPU_TOLERANCE: Tolerance = { relative: 1e-4, absolute: 2 ** -11 };

/** A few roundings of float32 (2⁻²⁴ = 6e-8 each), relative to values around 1. */
export const DEFAULT_TOLERANCE: Tolerance = { relative: 5e-6, absolute: 1e-6 };
