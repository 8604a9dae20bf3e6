import { ToolkitError } from '../errors/toolkit-error.js';

const UNITS: Readonly<Record<string, number>> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const SIZE = /^(?<number>\d+(?:\.\d+)?)\s*(?<unit>[kmgt]i?b)$/i;

/**
 * Reads an amount of memory with its unit: `24GB` is 24e9 bytes, `24 GiB` is 24 · 2^30.
 *
 * @throws ToolkitError `USAGE` for anything else, zero among it
 */
export function parseMemorySize(text: string): number {
  const { number, unit } = SIZE.exec(text.trim())?.groups ?? {};
  const name = Object.keys(UNITS).find((known) => known.toLowerCase() === unit?.toLowerCase());
  const bytes = Number(number) * (UNITS[name ?? ''] ?? NaN);
  if (bytes > 0 && Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes);
  throw new ToolkitError(
    `${JSON.stringify(text)} is not an amount of memory`,
    'USAGE',
    'Write it as 24GB (1e9 bytes each), 24GiB (2^30) or 512MB.',
  );
}
