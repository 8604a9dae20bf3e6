import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { isGgufFile, openGgufParts } from './gguf/gguf-parts.js';
import { MetadataReader } from './gguf/metadata-reader.js';
import { readTokenizer, TOKENIZER_LISTS } from './gguf/tokenizer/read-tokenizer.js';
import { formatJson, isJsonObject, readJsonObject, type JsonObject } from './json-file.js';
import type { TokenizerFiles } from './published-tokenizer.js';

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

async function readIfPresent(files: FileSystem, path: string): Promise<JsonObject | undefined> {
  return (await files.stat(path))?.kind === 'file' ? readJsonObject(files, path) : undefined;
}

/** The text of `chat_template.jinja`, or the (default) template of `tokenizer_config.json`. */
async function findChatTemplate(
  files: FileSystem,
  folder: string,
  tokenizerConfig: JsonObject | undefined,
): Promise<TokenizerFiles['chatTemplate']> {
  const path = join(folder, 'chat_template.jinja');
  if ((await files.stat(path))?.kind === 'file') return { source: await files.readText(path), where: path };
  const stated = tokenizerConfig?.['chat_template'];
  const source = Array.isArray(stated)
    ? stated.filter(isJsonObject).find((entry) => entry['name'] === 'default')?.['template']
    : stated;
  if (typeof source !== 'string') return undefined;
  return { source, where: join(folder, 'tokenizer_config.json') };
}

/**
 * Reads what is published about a tokenizer.
 *
 * @param place a folder in the Hugging Face layout, or a GGUF file
 * @returns `undefined` for a folder without `tokenizer.json`
 * @throws ToolkitError BAD_CHECKPOINT for damaged files; UNSUPPORTED for GGUF tokenizers that are not read here
 */
export async function readTokenizerFiles(
  files: FileSystem,
  place: string,
): Promise<TokenizerFiles | undefined> {
  if (await isGgufFile(files, place)) {
    const parts = await openGgufParts(files, place, TOKENIZER_LISTS);
    await parts.close();
    return readTokenizer(new MetadataReader(place, parts.metadata));
  }
  const path = join(place, 'tokenizer.json');
  const tokenizer = await readIfPresent(files, path);
  if (tokenizer === undefined) return undefined;
  const tokenizerConfig = await readIfPresent(files, join(place, 'tokenizer_config.json'));
  return {
    path,
    tokenizer,
    tokenizerConfig,
    specialTokensMap: await readIfPresent(files, join(place, 'special_tokens_map.json')),
    generationConfig: await readIfPresent(files, join(place, 'generation_config.json')),
    config: await readIfPresent(files, join(place, 'config.json')),
    chatTemplate: await findChatTemplate(files, place, tokenizerConfig),
  };
}

/** Copies the tokenizer files that `from` has into folder `to`; of a GGUF file, those that its tokenizer amounts to. */
export async function copyTokenizerFiles(files: FileSystem, from: string, to: string): Promise<void> {
  if (await isGgufFile(files, from)) {
    const { tokenizer, tokenizerConfig } = (await readTokenizerFiles(files, from))!;
    await files.writeAtomic(join(to, 'tokenizer.json'), formatJson(tokenizer));
    await files.writeAtomic(join(to, 'tokenizer_config.json'), formatJson(tokenizerConfig));
    return;
  }
  for (const name of TOKENIZER_FILES) {
    const source = join(from, name);
    if ((await files.stat(source))?.kind === 'file') {
      await files.writeAtomic(join(to, name), await files.readBytes(source));
    }
  }
}
