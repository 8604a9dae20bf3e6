import { text, type GgufEntry } from './metadata.js';

/** Version of ggml's block formats (`GGML_QNT_VERSION`). */
export const QUANTIZATION_VERSION = 2;

/** Scales of {@link sizeLabel}, the largest first. */
const SCALES = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'K'],
] as const;

/** Number of parameters with at least two digits, as names of models have it: `134M`, `7.2B`. */
export function sizeLabel(parameters: number): string {
  const [scale, suffix] = SCALES.find(([least]) => parameters > least) ?? [1e3, 'K'];
  const scaled = parameters / scale;
  const whole = Math.round(scaled);
  const digits = whole === 0 ? 0 : String(whole).length;
  return `${scaled.toFixed(Math.max(2 - digits, 0))}${suffix}`;
}

/** Entries that every file begins with. */
export function generalEntries(
  architecture: string,
  type: 'model' | 'adapter',
): (readonly [string, GgufEntry])[] {
  return [
    ['general.architecture', text(architecture)],
    ['general.type', text(type)],
  ];
}
