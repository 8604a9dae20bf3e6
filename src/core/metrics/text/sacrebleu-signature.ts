/** The release of sacreBLEU whose results ours are held equal to, by test/golden/metrics.json. */
const SACREBLEU_VERSION = '2.6.0';

/**
 * Settings as sacreBLEU prints them beside a score, so that scores are compared only with their like (Post 2018, arXiv
 * 1804.08771).
 *
 * @param references number of references of each row
 */
export function sacrebleuSignature(
  references: readonly number[],
  settings: Readonly<Record<string, string | number>>,
): string {
  const [first, ...others] = [...new Set(references)];
  const all = { nrefs: others.length === 0 ? first! : 'var', ...settings, version: SACREBLEU_VERSION };
  return Object.entries(all)
    .map(([key, value]) => `${key}:${value}`)
    .join('|');
}
