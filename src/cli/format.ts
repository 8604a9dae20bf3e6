import { formatDecimal } from '../core/number-text.js';

export { formatCount, formatDecimal, formatDuration, formatFigure } from '../core/number-text.js';

function scaled(bytes: number, step: number, units: readonly string[]): string {
  let value = bytes;
  let unit = 0;
  // Half a unit in the last place shown would print 1,000.00 of the smaller unit.
  while (unit + 1 < units.length && Math.abs(value) >= step * (1 - 0.000_005)) {
    value /= step;
    unit++;
  }
  return `${formatDecimal(value, unit === 0 ? 0 : 2)} ${units[unit] ?? ''}`;
}

/**
 * Decimal bytes, the unit of disks, of the course notes and of the ZeRO paper; at most in GB because memories and models
 * are compared in it: `4.2e12` → `4,200.00 GB`.
 */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB']);
}

/** Binary bytes, in which operating systems and GPU drivers report memory; at most in GiB: `8 * 2**30` → `8.00 GiB`. */
export function formatBinaryBytes(bytes: number): string {
  return scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB']);
}

/** Parameters as they are spoken of: `124439808` → `124.4M`, `7e9` → `7B`. */
export function formatParameters(count: number): string {
  const scales: readonly (readonly [number, string])[] = [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ];
  for (const [scale, suffix] of scales) {
    if (count >= scale * 0.99995) return `${String(Number((count / scale).toFixed(1)))}${suffix}`;
  }
  return String(count);
}
