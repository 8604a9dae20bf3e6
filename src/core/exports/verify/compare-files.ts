import { join } from 'node:path';
import type { FileSystem } from '../../../platform/file-system.js';
import { fileDigest, type ExportManifest } from '../manifest.js';
import type { VerificationRow } from './compare-runners.js';

/** Files whose every byte is the model's; what others say is compared by what it does. */
const WEIGHTS = /\.(?:safetensors|gguf|onnx|onnx_data)$/;

/**
 * Holds the files of an exported folder against the digests in its manifest: a damaged weight among many changes the
 * predictions less than rounding does.
 */
export async function compareFiles(
  files: FileSystem,
  folder: string,
  { files: listed }: ExportManifest,
): Promise<VerificationRow> {
  const changed: string[] = [];
  for (const { path, bytes, sha256 } of listed) {
    const place = join(folder, path);
    const size = (await files.stat(place))?.size;
    if (size !== bytes || (await fileDigest(files, place)) !== sha256) changed.push(path);
  }
  const damaged = changed.filter((path) => WEIGHTS.test(path));
  return {
    ...{
      check: 'files',
      original: String(listed.length),
      exported: `${listed.length - changed.length} the same`,
    },
    ...{ value: null, limit: null },
    verdict: damaged.length > 0 ? 'fail' : changed.length > 0 ? 'note' : 'pass',
    detail:
      changed.length === 0
        ? null
        : `${(damaged.length > 0 ? damaged : changed).join(', ')} changed since the export was written`,
  };
}
