/**
 * Packs rows into as few bins as best-fit-decreasing finds: the longest first, each into the bin that it leaves least
 * room in. Never more than 11/9 of the fewest possible and 4 bins (Johnson, Demers, Ullman, Garey and Graham 1974).
 *
 * @param rowLengths tokens in each row, none longer than `capacity`
 * @param order row indices; rows of equal length are taken in this order
 * @returns row indices in each bin
 */
export function packRows(
  rowLengths: readonly number[],
  capacity: number,
  order: readonly number[],
): number[][] {
  const bins: number[][] = [];
  // binsByRoom[room] lists the bins that have exactly so much room.
  const binsByRoom: number[][] = Array.from({ length: capacity + 1 }, () => []);
  for (const row of [...order].sort((a, b) => rowLengths[b]! - rowLengths[a]!)) {
    const length = rowLengths[row]!;
    let room = length;
    while (room <= capacity && binsByRoom[room]!.length === 0) room++;
    let bin = binsByRoom[room]?.pop();
    if (bin === undefined) {
      bin = bins.push([]) - 1;
      room = capacity;
    }
    bins[bin]!.push(row);
    binsByRoom[room - length]!.push(bin);
  }
  return bins;
}
