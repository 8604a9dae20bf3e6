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
