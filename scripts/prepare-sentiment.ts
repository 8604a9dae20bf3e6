/**
 * Makes datasets/sentiment from the labelled review sentences of Kotzias et al. (2015) that the npm package
 * `sentiment` ships as test fixtures.
 *
 *     npx tsx scripts/prepare-sentiment.ts [--out datasets/sentiment]
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const FIXTURES = 'node_modules/sentiment/test/fixtures';
const SOURCES = ['imdb', 'amazon', 'yelp'];
const LABELS: readonly string[] = ['negative', 'positive'];
/** Changing it gives other splits. */
const SEED = 'sentiment-1';
const HELD_OUT_SHARE = 0.1;
/** Bytes of Windows-1252 that were read as Latin-1. */
const MISREAD: Record<string, string> = { '\x85': '...', '\x96': '-', '\x97': '-' };

interface Sentence {
  readonly text: string;
  readonly label: string;
  /** Pseudo-random, fixed by the seed and the wording. */
  readonly order: string;
}

function clean(text: string): string {
  return text
    .replace(/[\x80-\x9f]/g, (character) => MISREAD[character] ?? '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What two sentences share when they differ in case, punctuation and spacing only. */
function wording(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

const { values } = parseArgs({ options: { out: { type: 'string', default: 'datasets/sentiment' } } });

const seen = new Set<string>();
const splits: Record<string, Sentence[]> = { train: [], valid: [], test: [] };
for (const source of SOURCES) {
  const fixture = JSON.parse(readFileSync(join(FIXTURES, `${source}.json`), 'utf8')) as {
    text: string;
    class: 0 | 1;
  }[];
  const groups: Record<string, Sentence[]> = Object.fromEntries(LABELS.map((label) => [label, []]));
  for (const row of fixture) {
    const label = LABELS[row.class];
    const text = clean(row.text);
    const words = wording(text);
    // Each file ends with a row that has neither text nor label.
    if (label === undefined || words === '' || seen.has(words)) continue;
    seen.add(words);
    const order = createHash('sha256').update(`${SEED} ${words}`).digest('hex');
    groups[label]!.push({ text, label, order });
  }
  for (const group of Object.values(groups)) {
    group.sort(byOrder);
    const heldOut = Math.round(group.length * HELD_OUT_SHARE);
    splits.test!.push(...group.slice(0, heldOut));
    splits.valid!.push(...group.slice(heldOut, 2 * heldOut));
    splits.train!.push(...group.slice(2 * heldOut));
  }
}

mkdirSync(values.out, { recursive: true });
for (const [split, sentences] of Object.entries(splits)) {
  const lines = sentences
    .sort(byOrder)
    .map(
      ({ text, label }) =>
        JSON.stringify({ prompt: `Review: ${text}\nSentiment:`, completion: ` ${label}` }) + '\n',
    );
  writeFileSync(join(values.out, `${split}.jsonl`), lines.join(''));
  const positive = sentences.filter(({ label }) => label === 'positive').length;
  console.log(`${split}: ${sentences.length} sentences, ${positive} positive`);
}

function byOrder(a: Sentence, b: Sentence): number {
  return a.order < b.order ? -1 : 1;
}
