/**
 * Tokens to insert, delete or replace to make one list of another (Levenshtein 1966). One row of the table is in
 * memory.
 */
export function editDistance(from: readonly string[], to: readonly string[]): number {
  const row = Int32Array.from({ length: to.length + 1 }, (_, column) => column);
  from.forEach((token, index) => {
    let diagonal = index;
    row[0] = index + 1;
    for (let column = 1; column <= to.length; column++) {
      const replaced = diagonal + (token === to[column - 1] ? 0 : 1);
      diagonal = row[column]!;
      row[column] = Math.min(replaced, diagonal + 1, row[column - 1]! + 1);
    }
  });
  return row[to.length]!;
}
