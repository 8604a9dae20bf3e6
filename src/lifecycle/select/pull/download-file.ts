import { quoteName } from '../../../core/checkpoints/quote-name.js';
import { ToolkitError } from '../../../core/errors/toolkit-error.js';
import type { DownloadFiles, PartialFile } from '../../../platform/download-files.js';
import type { HubFile } from '../../../platform/model-hub.js';
import { contentDigest } from './content-digest.js';

/** One file to bring here. */
export interface Download {
  readonly file: HubFile;
  /** Where its beginning lies until it is whole. */
  readonly partialFolder: string;
  /** Where it will lie. */
  readonly destination: string;
  /** Its bytes from one on. */
  readonly read: (offset: number) => AsyncIterable<Uint8Array>;
  /** Told of bytes as they come to lie on the disk, and of those that have to go again as a negative number. */
  readonly onBytes: (change: number) => void;
}

function wrongContent({ path, size }: HubFile, problem: string): ToolkitError {
  return new ToolkitError(
    `${quoteName(path)}: ${problem}; what came was deleted`,
    'NETWORK',
    `The file should have ${size} bytes. Run again; if this stays, the server or a proxy alters its files.`,
  );
}

/** Fetches what is missing and says what is wrong with the whole, if anything is. */
async function complete(
  partial: PartialFile,
  { file, read, onBytes }: Download,
): Promise<string | undefined> {
  const digest = contentDigest(file);
  for await (const bytes of partial.read()) digest.update(bytes);
  if (partial.size < file.size) {
    for await (const bytes of read(partial.size)) {
      if (partial.size + bytes.length > file.size) return 'the server sent more than it announced';
      digest.update(bytes);
      await partial.append(bytes);
      onBytes(bytes.length);
    }
  }
  if (partial.size < file.size) return `the server sent only ${partial.size} bytes`;
  return digest.matches() ? undefined : 'the server sent other bytes than it announced';
}

/**
 * Downloads a file: goes on where an earlier attempt stopped, checks size and digest, and only then gives it its
 * place. What was interrupted is kept for the next attempt; what is wrong is deleted.
 * @throws NETWORK, OUT_OF_RESOURCES, WRITE_FAILED
 */
export async function downloadFile(files: DownloadFiles, download: Download): Promise<void> {
  const { file, partialFolder, destination, onBytes } = download;
  const partial = await files.claimPartial(partialFolder, file.digest.hex);
  let settled = false;
  const startAgain = async (): Promise<void> => {
    onBytes(-partial.size);
    await partial.clear();
  };
  try {
    onBytes(partial.size);
    if (partial.size > file.size) await startAgain();
    const wasBegun = partial.size > 0;
    let problem = await complete(partial, download);
    if (problem !== undefined && wasBegun) {
      // The fault may lie in what was there before.
      await startAgain();
      problem = await complete(partial, download);
    }
    settled = true;
    if (problem === undefined) {
      await partial.moveTo(destination);
      return;
    }
    onBytes(-partial.size);
    await partial.discard();
    throw wrongContent(file, problem);
  } finally {
    if (!settled) await partial.release();
  }
}
