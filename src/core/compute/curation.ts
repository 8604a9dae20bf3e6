import { figure, type Figure } from '../estimates/figure.js';

/** Share of scraped text that curation usually leaves. */
export const USUAL_KEPT_SHARE = { low: 0.01, high: 0.03 } as const;

const SOURCE =
  'GPT-3 kept 570 GB of 45 TB of Common Crawl, 1.27 % (arXiv 2005.14165, section 2.2); 1 to 3 % is a common rule of thumb';

/** Share of raw text that curation left; both in the same unit. */
export function keptShare(text: { raw: number; kept: number }): Figure {
  return figure('kept / raw', text, { source: SOURCE });
}

/** Tokens to scrape so that `tokens` are left. */
export function scrapedTokens(need: { tokens: number; kept_share: number }): Figure {
  return figure('tokens / kept_share', need, {
    source: SOURCE,
    leavesOut: 'that text may be seen more than once',
  });
}
