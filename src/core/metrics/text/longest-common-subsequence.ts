/** Numbers for tokens, equal for equal ones, so that a table is filled without comparing strings. */
function numberTokens(...lists: readonly (readonly string[])[]): Int32Array[] {
  const numbers = new Map<string, number>();
  return lists.map((tokens) =>
    Int32Array.from(tokens, (token) => {
      const number = numbers.get(token) ?? numbers.size;
      numbers.set(token, number);
      return number;
    }),
  );
}

/** The row of the table of lengths that follows `above`, for one more token of the reference; `row` is written over. */
function nextRow(
  above: Int32Array,
  token: number,
  candidate: Int32Array,
  row: Int32Array = new Int32Array(above.length),
): Int32Array {
  for (let column = 1; column < row.length; column++) {
    row[column] =
      candidate[column - 1] === token ? above[column - 1]! + 1 : Math.max(above[column]!, row[column - 1]!);
  }
  return row;
}

/** Tokens in the longest common subsequence. Two rows of the table are in memory at a time. */
export function commonLength(reference: readonly string[], candidate: readonly string[]): number {
  const [rows, columns] = numberTokens(reference, candidate) as [Int32Array, Int32Array];
  let [above, row]: [Int32Array, Int32Array] = [
    new Int32Array(columns.length + 1),
    new Int32Array(columns.length + 1),
  ];
  for (const token of rows) [above, row] = [nextRow(above, token, columns, row), above];
  return above.at(-1)!;
}

/**
 * Where in the reference the tokens of a longest common subsequence stand, ascending. Of several, the one that ROUGE
 * 1.5.5 takes: from the end, a token of the reference is left out rather than one of the candidate.
 *
 * Every √n-th row of the table is kept, and those between are computed again on the way back: n × √n numbers in memory
 * for twice the time.
 */
export function commonIndices(reference: readonly string[], candidate: readonly string[]): number[] {
  const [rows, columns] = numberTokens(reference, candidate) as [Int32Array, Int32Array];
  const stride = Math.max(1, Math.ceil(Math.sqrt(rows.length)));
  const kept: Int32Array[] = [];
  let last: Int32Array = new Int32Array(columns.length + 1);
  rows.forEach((token, index) => {
    if (index % stride === 0) kept.push(last);
    last = nextRow(last, token, columns);
  });

  const indices: number[] = [];
  let [row, column] = [rows.length, columns.length];
  while (row > 0 && column > 0) {
    const start = Math.floor((row - 1) / stride) * stride;
    const table = [kept[start / stride]!];
    for (let index = start; index < row; index++) table.push(nextRow(table.at(-1)!, rows[index]!, columns));
    while (row > start && column > 0) {
      if (rows[row - 1] === columns[column - 1]) {
        indices.push(row - 1);
        row--;
        column--;
      } else if (table[row - start]![column - 1]! > table[row - start - 1]![column]!) column--;
      else row--;
    }
  }
  return indices.reverse();
}
