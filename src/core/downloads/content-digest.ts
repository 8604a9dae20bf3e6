import { createHash } from 'node:crypto';
import type { HubFile } from '../../platform/model-hub.js';

/** Adds up a file's bytes to the digest by which the hub knows it. */
export interface ContentDigest {
  update(bytes: Uint8Array): void;
  /** Whether the bytes are those of the file. */
  matches(): boolean;
}

/** A digest for one file: SHA-256 of large files; of those in git, git's SHA-1 of a blob with its length before it. */
export function contentDigest({ digest, size }: Pick<HubFile, 'digest' | 'size'>): ContentDigest {
  const hash = createHash(digest.kind === 'sha256' ? 'sha256' : 'sha1');
  if (digest.kind === 'git-sha1') hash.update(`blob ${size}\0`);
  return {
    update: (bytes) => void hash.update(bytes),
    matches: () => hash.digest('hex') === digest.hex,
  };
}
