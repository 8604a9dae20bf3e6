/** How a tensor type of ggml lays out its values: blocks of so many elements in so many bytes, along a row. */
export interface GgufType {
  /** Number of the type in a file. */
  readonly id: number;
  readonly blockElements: number;
  readonly blockBytes: number;
}

function type(id: number, blockElements: number, blockBytes: number): GgufType {
  return { id, blockElements, blockBytes };
}

/** Every type that files of today hold, as ggml and its `gguf` package define them (version 0.19). */
export const GGUF_TYPES = {
  F32: type(0, 1, 4),
  F16: type(1, 1, 2),
  Q4_0: type(2, 32, 18),
  Q4_1: type(3, 32, 20),
  Q5_0: type(6, 32, 22),
  Q5_1: type(7, 32, 24),
  Q8_0: type(8, 32, 34),
  Q8_1: type(9, 32, 40),
  Q2_K: type(10, 256, 84),
  Q3_K: type(11, 256, 110),
  Q4_K: type(12, 256, 144),
  Q5_K: type(13, 256, 176),
  Q6_K: type(14, 256, 210),
  Q8_K: type(15, 256, 292),
  IQ2_XXS: type(16, 256, 66),
  IQ2_XS: type(17, 256, 74),
  IQ3_XXS: type(18, 256, 98),
  IQ1_S: type(19, 256, 50),
  IQ4_NL: type(20, 32, 18),
  IQ3_S: type(21, 256, 110),
  IQ2_S: type(22, 256, 82),
  IQ4_XS: type(23, 256, 136),
  I8: type(24, 1, 1),
  I16: type(25, 1, 2),
  I32: type(26, 1, 4),
  I64: type(27, 1, 8),
  F64: type(28, 1, 8),
  IQ1_M: type(29, 256, 56),
  BF16: type(30, 1, 2),
  TQ1_0: type(34, 256, 54),
  TQ2_0: type(35, 256, 66),
  MXFP4: type(39, 32, 17),
  NVFP4: type(40, 64, 36),
  Q1_0: type(41, 128, 18),
} as const satisfies Readonly<Record<string, GgufType>>;

/** Name of a tensor type. */
export type GgufTypeName = keyof typeof GGUF_TYPES;

const NAMES_BY_ID = new Map(
  (Object.keys(GGUF_TYPES) as GgufTypeName[]).map((name) => [GGUF_TYPES[name].id, name]),
);

/** The type with this number, if there is one. */
export function ggufTypeName(id: number): GgufTypeName | undefined {
  return NAMES_BY_ID.get(id);
}

/** Bits that one weight takes, the scales of its block included: 4.5 for Q4_0. */
export function ggufBits(name: GgufTypeName): number {
  const { blockBytes, blockElements } = GGUF_TYPES[name];
  return (8 * blockBytes) / blockElements;
}
