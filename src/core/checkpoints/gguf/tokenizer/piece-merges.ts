/**
 * SentencePiece knows pieces with scores, `tokenizer.json` knows merges with ranks: any two pieces that make a third are
 * a merge, and the better the third, the sooner they are merged.
 */

/** @returns merges, the first to be made first; of one piece those of the earlier parts first */
export function mergesOfPieces(
  pieces: readonly string[],
  scoreOf: (piece: string, index: number) => number,
): [string, string][] {
  const order = new Map(pieces.map((piece, index) => [piece, index]));
  const scored = pieces.map((piece, index) => ({ piece, score: scoreOf(piece, index), index }));
  scored.sort((a, b) => b.score - a.score || a.index - b.index);
  return scored.flatMap(({ piece }) => {
    const merges: [string, string][] = [];
    const characters = Array.from(piece);
    let left = '';
    for (const character of characters.slice(0, -1)) {
      left += character;
      const right = piece.slice(left.length);
      if (order.has(left) && order.has(right)) merges.push([left, right]);
    }
    return merges.sort((a, b) => order.get(a[0])! - order.get(b[0])! || order.get(a[1])! - order.get(b[1])!);
  });
}

/** Score of each piece that merges make: less by one for each piece that is made before it. */
export function scoresOfMerges(merges: readonly (readonly [string, string])[]): Map<string, number> {
  const scores = new Map<string, number>();
  for (const [left, right] of merges) {
    const piece = left + right;
    if (!scores.has(piece)) scores.set(piece, -1 - scores.size);
  }
  return scores;
}
