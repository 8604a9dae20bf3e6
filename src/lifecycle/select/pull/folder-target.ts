import { join } from 'node:path';
import { ToolkitError } from '../../../core/errors/toolkit-error.js';
import type { DownloadFiles } from '../../../platform/download-files.js';
import type { FileSystem } from '../../../platform/file-system.js';
import { contentDigest } from '../../../core/downloads/content-digest.js';
import { readLocalFile } from '../../../core/downloads/read-local-file.js';
import type { DownloadTarget } from '../../../core/downloads/download-target.js';

/** Where Hugging Face's tools keep the beginnings of downloads into a folder of the user's. */
const PARTIAL_FOLDER = ['.cache', 'huggingface', 'download'];

/** A folder of the user's own with plain files. A file that is there and differs is not written over. */
export function folderTarget(folder: string, fileSystem: FileSystem, files: DownloadFiles): DownloadTarget {
  return {
    folder,
    partialFolder: join(folder, ...PARTIAL_FOLDER),
    async isPresent(file) {
      const path = join(folder, ...file.path.split('/'));
      const info = await fileSystem.stat(path);
      if (info === undefined) return false;
      if (info.kind === 'file' && info.size === file.size) {
        const digest = contentDigest(file);
        for await (const bytes of readLocalFile(fileSystem, path, 0)) digest.update(bytes);
        if (digest.matches()) return true;
      }
      throw new ToolkitError(
        `${path}: exists already, with other content`,
        'USAGE',
        'Choose another --out, or move the file away.',
      );
    },
    prepare: (file) => files.prepare(folder, file.path.split('/')),
    show: async () => undefined,
    async finish() {
      for (let depth = PARTIAL_FOLDER.length; depth > 0; depth--) {
        const path = join(folder, ...PARTIAL_FOLDER.slice(0, depth));
        if ((await fileSystem.stat(path)) === undefined) continue;
        if ((await fileSystem.list(path)).length > 0) return;
        await fileSystem.remove(path);
      }
    },
  };
}
