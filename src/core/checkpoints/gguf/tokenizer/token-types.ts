/** Kinds of tokens in `tokenizer.ggml.token_type` (ggml's `llama_token_type`). */
export const TOKEN_TYPES = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

/** A byte that no token of a SentencePiece-like vocabulary holds, e.g. `<0x0A>`. */
export const BYTE_TOKEN = /^<0x[0-9A-Fa-f]{2}>$/;

/** How SentencePiece-like vocabularies write a space. */
export const SPACE_SYMBOL = '▁';

/** What a row of the embedding is called that no token has. */
export function padToken(id: number): string {
  return `[PAD${id}]`;
}

/** Special tokens by their names in `tokenizer_config.json` and in GGUF; the misspelling is the format's own. */
export const SPECIAL_TOKEN_KEYS = [
  ['bos_token', 'tokenizer.ggml.bos_token_id'],
  ['eos_token', 'tokenizer.ggml.eos_token_id'],
  ['unk_token', 'tokenizer.ggml.unknown_token_id'],
  ['sep_token', 'tokenizer.ggml.seperator_token_id'],
  ['pad_token', 'tokenizer.ggml.padding_token_id'],
  ['mask_token', 'tokenizer.ggml.mask_token_id'],
] as const;

/** Says what files do not, where it is another than the architecture's usual: `NFC` or `none`. llama.cpp passes over it. */
export const UNICODE_FORM_KEY = 'genai.tokenizer.unicode_form';

/** The form that the published tokenizers of an architecture compose texts to before they cut them. */
export function usualUnicodeForm(architecture: string): 'NFC' | 'none' {
  return /^qwen[23]/.test(architecture) ? 'NFC' : 'none';
}

/** Control tokens that end an answer in llama.cpp, wherever a vocabulary has them (src/llama-vocab.cpp). */
export const ENDING_TOKENS: ReadonlySet<string> = new Set([
  '<|eot_id|>',
  '<|eom_id|>',
  '<|im_end|>',
  '<|end|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<end_of_utterance>',
]);

/** Where a file names ends besides that of the sequence: of a turn, and of a message. */
export const FURTHER_END_KEYS = ['tokenizer.ggml.eot_token_id', 'tokenizer.ggml.eom_token_id'] as const;
