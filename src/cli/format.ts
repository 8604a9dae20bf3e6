/** Bytes in a GB: the decimal unit of disks, of the course notes and of the ZeRO paper. */
export const BYTES_PER_GB = 1e9;
/** Bytes in a GiB: the binary unit in which operating systems and GPU drivers report memory; 7.4 % larger. */
export const BYTES_PER_GIB = 2 ** 30;

/** `1234567` → `1,234,567`. Whole numbers only. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number with its thousands grouped and `digits` decimals: `4200.5, 1` → `4,200.5`. */
export function formatDecimal(value: number, digits: number): string {
  const [whole = '', fraction] = value.toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A measured figure at four significant digits: `2.30258` → `2.303`, `0.0000123456` → `0.00001235`, `18403.7` → `18,404`. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  if (magnitude < -7) return value.toExponential(3);
  const decimals = Math.max(0, 3 - magnitude);
  return decimals === 0 ? formatDecimal(value, 0) : String(Number(value.toFixed(decimals)));
}

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

/** Decimal bytes, at most in GB because memories and models are compared in it: `4.2e12` → `4,200.00 GB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB']);
}

/** Binary bytes, at most in GiB: `8 * 2**30` → `8.00 GiB`. */
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

/** Seconds as a person says them: `0.25` → `250 ms`, `3.2` → `3.2 s`, `95` → `1 min 35 s`, `7300` → `2 h 01 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${formatDecimal(seconds * 1000, 0)} ms`;
  if (seconds < 59.95) return `${formatDecimal(seconds, 1)} s`;
  const wholeSeconds = Math.round(seconds);
  if (wholeSeconds < 3600) return `${Math.floor(wholeSeconds / 60)} min ${twoDigits(wholeSeconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  return `${formatDecimal(seconds / 86_400, 1)} days`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
