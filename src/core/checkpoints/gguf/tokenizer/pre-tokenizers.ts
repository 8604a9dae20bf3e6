import { isJsonObject, type JsonObject } from '../../json-file.js';

/**
 * Ways to cut a text before bytes are merged, by the names that llama.cpp knows them by (`tokenizer.ggml.pre`;
 * `llm_tokenizer_bpe` in src/llama-vocab.cpp). Each pattern cuts further what the one before it left.
 */
export interface PreTokenizer {
  /** The first is written; the others mean the same cutting when read. */
  readonly names: readonly string[];
  readonly patterns: readonly string[];
  /** A piece that is in the vocabulary is a token as it stands, whatever the merges would make of it. */
  readonly ignoreMerges: boolean;
  /** llama.cpp puts the begin-of-sequence token in front unless the file says otherwise. */
  readonly addsBeginOfSequence?: boolean;
}

/** 's, 't, 're … in either case, as JavaScript can read it. */
const CONTRACTIONS = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
/** Spellings of the same in published files. */
const OTHER_CONTRACTIONS = [
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
  "'(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])",
  "'(?i:[sdmt]|ll|ve|re)",
];

const GPT_2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const DIGIT = String.raw`\p{N}`;
const PUNCTUATION_AND_SPACES = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const words = (numbers: string): string =>
  String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|${numbers}|` + PUNCTUATION_AND_SPACES;
const LLAMA_3 = words(String.raw`\p{N}{1,3}`);
const QWEN_2 = words(DIGIT);
const QWEN_3_5 =
  String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|` +
  String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const UPPER = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`;
const LOWER = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`;
/** Words cut where lower case turns to upper case. */
const casedWords = (ending: string, numbers: string): string =>
  String.raw`[^\r\n\p{L}\p{N}]?[${UPPER}]*[${LOWER}]+${ending}|[^\r\n\p{L}\p{N}]?[${UPPER}]+[${LOWER}]*${ending}|` +
  String.raw`${numbers}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

export const PRE_TOKENIZERS: readonly PreTokenizer[] = [
  {
    names: ['gpt-2', 'phi-2', 'gigachat', 'mellum', 'exaone4', 'mpt', 'olmo', 'jais', 'trillion', 'a.x-4.0'],
    patterns: [GPT_2],
    ignoreMerges: false,
  },
  {
    names: ['smollm', 'starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
    patterns: [DIGIT, GPT_2],
    ignoreMerges: false,
  },
  {
    names: ['qwen2', 'deepseek-r1-qwen', 'megrez', 'stablelm2', 'hunyuan', 'kormo', 'f2llmv2', 'solar-open'],
    patterns: [QWEN_2],
    ignoreMerges: false,
  },
  { names: ['qwen35'], patterns: [QWEN_3_5], ignoreMerges: false },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2'],
    patterns: [LLAMA_3],
    ignoreMerges: true,
    addsBeginOfSequence: true,
  },
  { names: ['smaug-bpe', 'dbrx', 'glm4', 'chatglm-bpe'], patterns: [LLAMA_3], ignoreMerges: false },
  {
    names: ['tekken'],
    patterns: [casedWords('', DIGIT)],
    ignoreMerges: true,
    addsBeginOfSequence: true,
  },
  {
    names: ['gpt-4o', 'llama4', 'kanana2'],
    patterns: [casedWords(`${CONTRACTIONS}?`, String.raw`\p{N}{1,3}`)],
    ignoreMerges: false,
  },
  {
    // What llama.cpp takes for files that name none.
    names: ['default'],
    patterns: [String.raw`[\p{P}$+<=>^~|]+`, GPT_2, String.raw`\p{N}+`, '[0-9][0-9][0-9]'],
    ignoreMerges: false,
  },
];

/** One spelling for patterns that mean the same. */
function canonical(pattern: string): string {
  const escaped = pattern.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
  return OTHER_CONTRACTIONS.reduce((text, other) => text.replaceAll(other, CONTRACTIONS), escaped);
}

/** The patterns that a `pre_tokenizer` of `tokenizer.json` cuts by; `undefined` where it does something else. */
function patternsOf(component: unknown): string[] | undefined {
  if (!isJsonObject(component)) return undefined;
  switch (component['type']) {
    case 'Sequence': {
      const steps = component['pretokenizers'];
      const patterns = Array.isArray(steps) ? steps.map(patternsOf) : [undefined];
      return patterns.every((found) => found !== undefined) ? patterns.flat() : undefined;
    }
    case 'Split': {
      const { Regex: regex } = isJsonObject(component['pattern']) ? component['pattern'] : {};
      const isIsolated =
        String(component['behavior']).toLowerCase() === 'isolated' ||
        // Keeping the matches and dropping what lies between them is the same where nothing does.
        (String(component['behavior']).toLowerCase() === 'removed' && component['invert'] === true);
      return typeof regex === 'string' && isIsolated ? [regex] : undefined;
    }
    case 'Digits':
      return component['individual_digits'] === true ? [DIGIT] : undefined;
    case 'ByteLevel':
      if (component['add_prefix_space'] === true) return undefined;
      return component['use_regex'] === false ? [] : [GPT_2];
    default:
      return undefined;
  }
}

/** llama.cpp's name for what a `pre_tokenizer` does; `undefined` where it has none. */
export function findPreTokenizer(component: unknown, ignoreMerges: boolean): PreTokenizer | undefined {
  const patterns = patternsOf(component)?.map(canonical);
  if (patterns === undefined) return undefined;
  return PRE_TOKENIZERS.find(
    (known) =>
      known.ignoreMerges === ignoreMerges &&
      known.patterns.length === patterns.length &&
      known.patterns.every((pattern, index) => canonical(pattern) === patterns[index]),
  );
}

/** The `pre_tokenizer` of `tokenizer.json` that cuts as llama.cpp does under this name. */
export function preTokenizerJson({ patterns }: PreTokenizer): JsonObject {
  const splits = patterns.map((regex) => ({
    type: 'Split',
    pattern: { Regex: regex },
    behavior: 'Isolated',
    invert: false,
  }));
  return {
    type: 'Sequence',
    pretokenizers: [
      ...splits,
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  };
}
