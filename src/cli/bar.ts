/** Cells of a bar that stands for the whole. */
const BAR_WIDTH = 16;

const FULL = '█';
/** Left parts of a cell, by eighths. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A horizontal bar for a share between 0 and 1, to an eighth of a cell; anything above zero shows at least that much. */
export function bar(share: number, width = BAR_WIDTH): string {
  if (!(share > 0)) return '';
  const eighths = Math.max(1, Math.round(Math.min(share, 1) * width * 8));
  return FULL.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}
