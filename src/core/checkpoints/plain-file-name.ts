/**
 * Whether `name` names a file directly inside a folder on every system: no separators, no drive or stream (`:`), no
 * `.` or `..`, no control characters. Names that come out of files must pass before they are joined to a path.
 */
export function isPlainFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\:\u0000-\u001f]/.test(name);
}
