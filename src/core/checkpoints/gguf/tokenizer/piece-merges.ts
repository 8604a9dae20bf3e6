/**
 * SentencePiece knows pieces with scores, `tokenizer.json` knows merges with ranks: any two pieces that make a third are
 * a merge, and the better the third, the sooner they are merged.
 */

/** SentencePiece makes pieces of 16 characters unless told; a file that claims far more must not cost their square. */
const LONGEST_PIECE = 512;

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
    if (piece.length > LONGEST_PIECE) return merges;
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

/** Scores as SentencePiece numbers them: 0 for the piece made first, -1 for the next, then those that no merge makes. */
export function scoresOfPieces(
  pieces: readonly string[],
  merges: readonly (readonly [string, string])[],
): Map<string, number> {
  const made = merges.map(([left, right]) => left + right);
  return new Map(Array.from(new Set([...made, ...pieces]), (piece, index) => [piece, -index]));
}
