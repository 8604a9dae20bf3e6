import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';

/** The files that together are a published tokenizer and its chat template; each family has some of them. */
const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'tokenizer.model',
];

/** Copies the tokenizer files that folder `from` has into folder `to`. */
export async function copyTokenizerFiles(files: FileSystem, from: string, to: string): Promise<void> {
  for (const name of TOKENIZER_FILES) {
    const source = join(from, name);
    if ((await files.stat(source))?.kind === 'file') {
      await files.writeAtomic(join(to, name), await files.readBytes(source));
    }
  }
}
