/**
 * Edits (insert, delete, replace a character, swap two neighbours) that turn `a` into `b`: the optimal string
 * alignment distance, which counts a transposition such as `dytpe` as one slip of the fingers.
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let distance = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforePrevious[j - 2]! + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/** Candidates listed at most, best first. */
const MOST_SUGGESTIONS = 3;

/** Of the candidates, those a user who typed `word` may have meant: at most a third of it (but two) to mend. */
export function nearMatches(word: string, candidates: Iterable<string>): string[] {
  const typed = word.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => {
      const length = Math.max(typed.length, candidate.length);
      return distance <= Math.max(2, Math.floor(length / 3)) && distance < length;
    })
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, MOST_SUGGESTIONS)
    .map(({ candidate }) => candidate);
}

/** `Did you mean a, b or c?`, or `undefined` when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const matches = nearMatches(word, candidates);
  const last = matches.pop();
  if (last === undefined) return undefined;
  return `Did you mean ${matches.length > 0 ? `${matches.join(', ')} or ${last}` : last}?`;
}
