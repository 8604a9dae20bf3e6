/** One value of a file's metadata, with the type that it is written as. */
export type GgufEntry =
  | { readonly type: 'uint32' | 'int32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'list of int32' | 'list of float32'; readonly value: readonly number[] }
  | { readonly type: 'list of strings'; readonly value: readonly string[] };

/** Metadata to be written, in this order. */
export type GgufEntries = ReadonlyMap<string, GgufEntry>;

export const uint32 = (value: number): GgufEntry => ({ type: 'uint32', value });
export const int32 = (value: number): GgufEntry => ({ type: 'int32', value });
export const float32 = (value: number): GgufEntry => ({ type: 'float32', value });
export const bool = (value: boolean): GgufEntry => ({ type: 'bool', value });
export const text = (value: string): GgufEntry => ({ type: 'string', value });

/** The shortest decimal number that is this float32: 0.00001 and not 0.000009999999747378752. */
export function shortestDecimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === Math.fround(value)) return rounded;
  }
  return value;
}
