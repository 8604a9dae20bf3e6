/**
 * The suffix stripper of Porter 1980 ("An algorithm for suffix stripping", Program 14.3) with the changes that nltk's
 * `PorterStemmer` makes by default, which ROUGE and METEOR are computed with: irregular forms, words of one or two
 * letters left alone, `-ies` and `-ied` of four letters, `-y` after consonants, `-alli`, `-fulli`, `-logi`, `-bli`.
 */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['skies', 'sky'],
  ['sky', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
]);

/** Suffix, what takes its place, and the stems before it that allow it. The first suffix that fits decides. */
type Rule = readonly [suffix: string, replacement: string, condition: (stem: string) => boolean];

/** `c` for every consonant, `v` for every vowel; y is a vowel after a consonant. */
function pattern(word: string): string {
  let letters = '';
  for (let index = 0; index < word.length; index++) {
    const letter = word[index]!;
    const isVowel = letter === 'y' ? letters.endsWith('c') : 'aeiou'.includes(letter);
    letters += isVowel ? 'v' : 'c';
  }
  return letters;
}

/** Porter's m: how often consonants follow vowels. */
function measure(stem: string): number {
  return pattern(stem).split('vc').length - 1;
}

const hasMeasure = (stem: string): boolean => measure(stem) > 0;
const isLong = (stem: string): boolean => measure(stem) > 1;

function endsInConsonantVowelConsonant(word: string): boolean {
  const letters = pattern(word);
  return letters === 'vc' || (letters.endsWith('cvc') && !/[wxy]$/.test(word));
}

function endsInDoubleConsonant(word: string): boolean {
  return word.length > 1 && word.at(-1) === word.at(-2) && pattern(word).endsWith('c');
}

function applyFirst(word: string, rules: readonly Rule[]): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const [suffix, replacement, condition] = rule;
  const stem = word.slice(0, word.length - suffix.length);
  return condition(stem) ? stem + replacement : word;
}

function withCondition(condition: Rule[2], endings: Readonly<Record<string, string>>): Rule[] {
  return Object.entries(endings).map(([suffix, replacement]) => [suffix, replacement, condition]);
}

function stripPlural(word: string): string {
  if (word.length === 4 && word.endsWith('ies')) return word.slice(0, -1);
  return applyFirst(
    word,
    withCondition(() => true, { sses: 'ss', ies: 'i', ss: 'ss', s: '' }),
  );
}

function stripPast(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return hasMeasure(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const suffix = ['ed', 'ing'].find((ending) => word.endsWith(ending));
  if (suffix === undefined) return word;
  const stem = word.slice(0, -suffix.length);
  if (!pattern(stem).includes('v')) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return stem + 'e';
  if (endsInDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsInConsonantVowelConsonant(stem) ? stem + 'e' : stem;
}

const Y_TO_I: readonly Rule[] = [['y', 'i', (stem) => stem.length > 1 && pattern(stem).endsWith('c')]];

const DOUBLE_SUFFIXES: readonly Rule[] = [
  ...withCondition(hasMeasure, {
    ational: 'ate',
    tional: 'tion',
    enci: 'ence',
    anci: 'ance',
    izer: 'ize',
    bli: 'ble',
    alli: 'al',
    entli: 'ent',
    eli: 'e',
    ousli: 'ous',
    ization: 'ize',
    ation: 'ate',
    ator: 'ate',
    alism: 'al',
    iveness: 'ive',
    fulness: 'ful',
    ousness: 'ous',
    aliti: 'al',
    iviti: 'ive',
    biliti: 'ble',
    fulli: 'ful',
  }),
  // The l counts with the stem, so that geo- is long enough.
  ['logi', 'log', (stem) => hasMeasure(stem + 'l')],
];

function mapDoubleSuffix(word: string): string {
  if (word.endsWith('alli') && hasMeasure(word.slice(0, -4))) return mapDoubleSuffix(word.slice(0, -2));
  return applyFirst(word, DOUBLE_SUFFIXES);
}

const ADJECTIVE_SUFFIXES = withCondition(hasMeasure, {
  icate: 'ic',
  ative: '',
  alize: 'al',
  iciti: 'ic',
  ical: 'ic',
  ful: '',
  ness: '',
});

const LAST_SUFFIXES: readonly Rule[] = [
  ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent'].map((suffix): Rule => [
    suffix,
    '',
    isLong,
  ]),
  ['ion', '', (stem) => isLong(stem) && /[st]$/.test(stem)],
  ...['ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'].map((suffix): Rule => [suffix, '', isLong]),
];

function stripFinalE(word: string): string {
  if (!word.endsWith('e')) return word;
  const stem = word.slice(0, -1);
  const length = measure(stem);
  return length > 1 || (length === 1 && !endsInConsonantVowelConsonant(stem)) ? stem : word;
}

const DOUBLE_L: readonly Rule[] = [['ll', 'l', (stem) => isLong(stem + 'l')]];

/** Stem of an English word, in lower case. */
export function porterStem(word: string): string {
  const lower = word.toLowerCase();
  const irregular = IRREGULAR.get(lower);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return lower;
  const singular = applyFirst(stripPast(stripPlural(lower)), Y_TO_I);
  const bare = applyFirst(applyFirst(mapDoubleSuffix(singular), ADJECTIVE_SUFFIXES), LAST_SUFFIXES);
  return applyFirst(stripFinalE(bare), DOUBLE_L);
}
