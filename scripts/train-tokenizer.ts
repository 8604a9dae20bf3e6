/**
 * Trains the starter model's tokenizer on the corpus of prepare-corpus.ts and writes templates/starter-model.
 *
 *     npx tsx scripts/train-tokenizer.ts [--corpus runs/corpus] [--out templates/starter-model]
 *
 * It learns from the packaged sources alone, so that editing the datasets written for this project leaves token ids
 * as they are.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { trainBytePairEncoding } from '../src/core/tokenizers/train-byte-pair-encoding.js';
import { readRows } from './project-datasets.js';

const VOCABULARY_SIZE = 4096;
const END_OF_TEXT = '<|endoftext|>';
const PAD = '<|pad|>';
const SPECIAL_TOKENS = [END_OF_TEXT, PAD, '<|system|>', '<|user|>', '<|assistant|>'];
/** One document in so many of each source: fewer speeches leave more of the vocabulary to everyday words. */
const TAKE_ONE_IN: Record<string, number> = { 'moby-dick': 1, 'state-of-the-union': 3, wordnet: 1 };

/** Each turn is its marker, a line break and the text; an assistant's turn ends the document, as training ends one. */
const CHAT_TEMPLATE = [
  '{%- for message in messages -%}',
  "{{- '<|' + message['role'] + '|>\\n' + message['content'] -}}",
  "{{- eos_token if message['role'] == 'assistant' else '\\n' -}}",
  '{%- endfor -%}',
  "{%- if add_generation_prompt -%}{{- '<|assistant|>\\n' -}}{%- endif -%}",
].join('');

const { values } = parseArgs({
  options: {
    corpus: { type: 'string', default: 'runs/corpus' },
    out: { type: 'string', default: 'templates/starter-model' },
  },
});

const rows = readRows<{ text: string; source: string }>(join(values.corpus, 'train.jsonl'));
const documents = Object.entries(TAKE_ONE_IN).flatMap(([name, step]) =>
  rows
    .filter(({ source }) => source === name)
    .flatMap(({ text }, index) => (index % step === 0 ? [text] : [])),
);
const tokenizer = trainBytePairEncoding(documents, {
  vocabularySize: VOCABULARY_SIZE,
  specialTokens: SPECIAL_TOKENS,
});

const specialTokensMap = { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT, pad_token: PAD };
const tokenizerConfig = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  ...specialTokensMap,
  // Nothing is put before a text: documents are parted by <|endoftext|>, and the chat template says all it needs.
  add_bos_token: false,
  add_eos_token: false,
  clean_up_tokenization_spaces: false,
  padding_side: 'right',
  chat_template: CHAT_TEMPLATE,
};

mkdirSync(values.out, { recursive: true });
const files = {
  'tokenizer.json': tokenizer,
  'tokenizer_config.json': tokenizerConfig,
  'special_tokens_map.json': specialTokensMap,
};
for (const [file, content] of Object.entries(files)) {
  writeFileSync(join(values.out, file), JSON.stringify(content, undefined, 2) + '\n');
}
console.log(
  `${Object.keys(tokenizer.model.vocab).length} tokens from ${documents.length} documents, in ${values.out}`,
);
