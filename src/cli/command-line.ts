/** Whether a boolean flag such as `--json` stands on the command line, before any `--`. */
export function flagIsGiven(argv: readonly string[], flag: `--${string}`): boolean {
  const end = argv.indexOf('--');
  const position = argv.indexOf(flag);
  return position !== -1 && (end === -1 || position < end);
}
