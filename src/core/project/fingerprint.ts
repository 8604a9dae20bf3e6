import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { FileSystem } from '../../platform/file-system.js';
import { ggufPartPaths } from '../checkpoints/gguf/gguf-parts.js';
import { fileChunks } from '../dataset-formats/file-chunks.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { ProgressListener } from '../progress/progress-event.js';

/** A file as something was made from it. */
export interface Fingerprint {
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What reading files to the end needs from outside. */
export interface FingerprintPorts {
  readonly files: FileSystem;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onProgress: ProgressListener;
  readonly signal?: AbortSignal;
}

/** Milliseconds after which reading is reported: what is quicker needs no report. */
const QUIET_TIME = 1000;

/** Weight files of a model or adapter and the configuration that says what they mean. */
const MODEL_FILE = /^(config|adapter_config)\.json$|\.(safetensors|gguf)$/;

/** Files of a folder that are read at most; the largest published models have fewer than 200 shards. */
const MOST_FILES = 1000;

/**
 * Size and SHA-256 of a file, read piece by piece.
 *
 * A file that claims no bytes is not opened: pipes and devices claim none, and would never end.
 *
 * @returns `undefined` where there is no such file
 */
export async function fingerprintFile(
  path: string,
  { files, now, onProgress, signal }: FingerprintPorts,
): Promise<Omit<Fingerprint, 'path'> | undefined> {
  const info = await files.stat(path);
  if (info?.kind !== 'file') return undefined;
  const hash = createHash('sha256');
  const began = now();
  let bytes = 0;
  if (info.size > 0) {
    for await (const chunk of fileChunks(files, path)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      if (now() - began > QUIET_TIME)
        onProgress({ stage: 'read', done: bytes, total: info.size, unit: 'bytes', fields: { file: path } });
    }
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * The files that a path stands for: itself, with all the parts that a GGUF model is split into, or of a model's or
 * adapter's folder its configuration and weights.
 *
 * @throws ToolkitError `NOT_FOUND`; `USAGE` for a folder with more files than any model
 */
export async function filesThatCount(files: FileSystem, path: string): Promise<string[]> {
  const info = await files.stat(path);
  if (info === undefined) {
    throw new ToolkitError(`${path}: no such file or folder`, 'NOT_FOUND', 'Check the path.');
  }
  if (info.kind === 'file') return ggufPartPaths(path);
  const names = (await files.list(path)).filter((name) => MODEL_FILE.test(name));
  if (names.length > MOST_FILES) {
    throw new ToolkitError(`${path}: has ${names.length} model files; ${MOST_FILES} are the most`, 'USAGE');
  }
  return names.map((name) => join(path, name));
}
