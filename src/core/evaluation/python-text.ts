/** A string as Python's `repr` writes it: in single quotes, unless it holds one and no double quote. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(quote, `\\${quote}`);
  return quote + escaped + quote;
}

function inside(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : pythonText(value);
}

/** A value as Python's `str` writes it, and so as Jinja prints it: `True`, `None`, `['a', 'b']`. */
export function pythonText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value == null) return 'None';
  if (Array.isArray(value)) return `[${value.map(inside).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, item]) => `${quoted(key)}: ${inside(item)}`)
      .join(', ')}}`;
  }
  return String(value as number);
}
