const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const ABBREVIATED = 3;

const pad = (value: number): string => String(value).padStart(2, '0');

const DIRECTIVES: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getFullYear()),
  y: (date) => pad(date.getFullYear() % 100),
  m: (date) => pad(date.getMonth() + 1),
  B: (date) => MONTHS[date.getMonth()]!,
  b: (date) => MONTHS[date.getMonth()]!.slice(0, ABBREVIATED),
  d: (date) => pad(date.getDate()),
  A: (date) => DAYS[date.getDay()]!,
  a: (date) => DAYS[date.getDay()]!.slice(0, ABBREVIATED),
  H: (date) => pad(date.getHours()),
  I: (date) => pad(date.getHours() % 12 || 12),
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  M: (date) => pad(date.getMinutes()),
  S: (date) => pad(date.getSeconds()),
  '%': () => '%',
};

/**
 * Writes a local date and time the way C's `strftime` does in the C locale, whatever the machine's language, so that
 * a prompt is the same everywhere. Directives outside the common ones stay as they are.
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(.)/gs, (directive, letter: string) => DIRECTIVES[letter]?.(date) ?? directive);
}
