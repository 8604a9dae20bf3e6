import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { filesThatCount, fingerprintFile, type FingerprintPorts } from '../project/fingerprint.js';
import { canonicalJson } from './canonical-json.js';

/** Files that decide how texts become tokens and where answers end. */
const TEXT_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'generation_config.json',
  'chat_template.jinja',
];

/**
 * SHA-256 over all that decides what a model says: weights, configuration, tokenizer and chat template, of model and
 * adapter. Where the folders are does not matter.
 */
export async function modelFingerprint(folders: readonly string[], ports: FingerprintPorts): Promise<string> {
  const digests: { folder: number; name: string; sha256: string }[] = [];
  for (const [folder, path] of folders.entries()) {
    const candidates = [
      ...(await filesThatCount(ports.files, path)),
      ...TEXT_FILES.map((name) => join(path, name)),
    ];
    for (const file of candidates) {
      const found = await fingerprintFile(file, ports);
      if (found !== undefined) digests.push({ folder, name: basename(file), sha256: found.sha256 });
    }
  }
  return createHash('sha256').update(canonicalJson(digests)).digest('hex');
}
