import { ToolkitError } from '../errors/toolkit-error.js';
import type { ElementType, TensorData, TensorSpec } from './engine.js';

/** Class of the host memory of each element type. */
export const HOST_ARRAY = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const satisfies Record<ElementType, unknown>;

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** Element type and shape in words. */
export function describeSpec({ dtype, shape }: TensorSpec): string {
  return `${dtype} [${shape.join(', ')}]`;
}

/** Whether both shape and element type are the same. */
export function sameSpec(a: TensorSpec, b: TensorSpec): boolean {
  return (
    a.dtype === b.dtype &&
    a.shape.length === b.shape.length &&
    a.shape.every((length, axis) => length === b.shape[axis])
  );
}

/** Wrong names, shapes or types come from the toolkit's own code, never from its user. */
export function misuse(message: string): ToolkitError {
  return new ToolkitError(message, 'UNEXPECTED');
}

/** Refuses an object that has not exactly the expected keys. */
export function checkNames(what: string, given: object, expected: readonly string[]): void {
  const missing = expected.filter((name) => !Object.hasOwn(given, name));
  const known = new Set(expected);
  const unknown = Object.keys(given).filter((name) => !known.has(name));
  if (missing.length > 0) throw misuse(`${what}: missing ${missing.join(', ')}`);
  if (unknown.length > 0) {
    throw misuse(`${what}: unknown ${unknown.join(', ')} (there are: ${expected.join(', ')})`);
  }
}

/** Refuses host data of another element type or size. */
export function checkData(what: string, spec: TensorSpec, data: TensorData): void {
  if (!(data instanceof HOST_ARRAY[spec.dtype])) {
    throw misuse(`${what}: ${describeSpec(spec)} needs a ${HOST_ARRAY[spec.dtype].name}`);
  }
  const size = sizeOf(spec.shape);
  if (data.length !== size) {
    throw misuse(`${what}: ${describeSpec(spec)} needs ${size} elements, but got ${data.length}`);
  }
}

/** Refuses a tensor of another shape or element type. */
export function checkSpec(what: string, needed: TensorSpec, held: TensorSpec): void {
  if (sameSpec(needed, held)) return;
  throw misuse(`${what}: the cell holds ${describeSpec(held)}, ${describeSpec(needed)} is needed`);
}
