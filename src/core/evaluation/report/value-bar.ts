import type { BarScale } from './bar-scale.js';
import { markup, type Markup } from './markup.js';

/** Drawn in parts of a hundred of whatever width the page has for it. */
const WIDTH = 100;
const HEIGHT = 14;

/**
 * A bar from zero with the bounds of its interval as whiskers. It says nothing that the numbers beside it do not, so
 * screen readers pass it by.
 */
export function valueBar(
  value: number,
  [low, high]: readonly [number | null, number | null],
  scale: BarScale,
): Markup | null {
  if (!Number.isFinite(value)) return null;
  const place = (position: number): number => {
    const share = (position - scale.low) / (scale.high - scale.low);
    return Number((Math.min(1, Math.max(0, share)) * WIDTH).toFixed(2));
  };
  const from = Math.min(place(0), place(value));
  const to = Math.max(place(0), place(value));
  const whiskers =
    low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)
      ? null
      : markup`<path class="whisker" d="M${place(low)} 7H${place(high)}M${place(low)} 3V11M${place(high)} 3V11"/>`;
  return markup`<svg class="bar" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="${WIDTH}" height="${HEIGHT}"/><rect class="fill" x="${from}" width="${Number((to - from).toFixed(2))}" height="${HEIGHT}"/>${whiskers}</svg>`;
}
