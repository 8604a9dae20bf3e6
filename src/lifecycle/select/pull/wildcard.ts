/**
 * Whether a path matches a pattern in which `*` stands for any characters, `/` among them, and `?` for any one: the
 * rule of Hugging Face's own tools. Takes at most length × length steps, whatever the pattern.
 */
export function matchesWildcard(path: string, pattern: string): boolean {
  let at = 0;
  let from = 0;
  let lastStar = -1;
  let afterStar = 0;
  while (at < path.length) {
    if (from < pattern.length && pattern[from] === '*') {
      lastStar = from++;
      afterStar = at;
    } else if (from < pattern.length && (pattern[from] === '?' || pattern[from] === path[at])) {
      from++;
      at++;
    } else if (lastStar >= 0) {
      from = lastStar + 1;
      at = ++afterStar;
    } else return false;
  }
  while (pattern[from] === '*') from++;
  return from === pattern.length;
}
