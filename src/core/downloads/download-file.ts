import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { DownloadFiles, PartialFile } from '../../platform/download-files.js';
import type { HubFile } from '../../platform/model-hub.js';
import { contentDigest } from './content-digest.js';

/** Gives the bytes of a file from one on. */
export type ByteSource = (offset: number, signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** One file to bring here. */
export interface Download {
  readonly file: HubFile;
  /** Where its beginning lies until it is whole. */
  readonly partialFolder: string;
  /** Where it will lie. */
  readonly destination: string;
  /** Where its bytes may come from; the next is asked when those of one are wrong. */
  readonly sources: readonly ByteSource[];
  readonly signal: AbortSignal;
  /** Told of bytes as they come to lie on the disk, and of those that have to go again as a negative number. */
  readonly onBytes: (change: number) => void;
}

function wrongContent({ path, size }: HubFile, problem: string): ToolkitError {
  return new ToolkitError(
    `${quoteName(path)}: ${problem}; what came was deleted`,
    'NETWORK',
    `The file should have ${size} bytes. Run again; if this stays, the server or something on the way to it alters its files.`,
  );
}

/** Fetches what is missing and says what is wrong with the whole, if anything is. */
async function complete(
  partial: PartialFile,
  source: ByteSource,
  { file, signal, onBytes }: Download,
): Promise<string | undefined> {
  const digest = contentDigest(file);
  for await (const bytes of partial.read()) digest.update(bytes);
  if (partial.size < file.size) {
    for await (const bytes of source(partial.size, signal)) {
      if (partial.size + bytes.length > file.size) return 'more bytes came than were announced';
      digest.update(bytes);
      await partial.append(bytes);
      onBytes(bytes.length);
    }
  }
  if (partial.size < file.size) return `only ${partial.size} bytes came`;
  return digest.matches() ? undefined : 'other bytes came than were announced';
}

/**
 * Downloads a file: goes on where an earlier attempt stopped, checks size and digest, and only then gives it its
 * place. What was interrupted is kept for the next attempt; what is wrong is deleted.
 * @throws NETWORK, OUT_OF_RESOURCES, WRITE_FAILED
 */
export async function downloadFile(files: DownloadFiles, download: Download): Promise<void> {
  const { file, partialFolder, destination, sources, onBytes } = download;
  const partial = await files.claimPartial(partialFolder, file.digest.hex);
  let settled = false;
  const clear = async (): Promise<void> => {
    onBytes(-partial.size);
    await partial.clear();
  };
  try {
    onBytes(partial.size);
    if (partial.size > file.size) await clear();
    // Where something was there before, the fault may lie in that: the same source is asked once more for all of it.
    const attempts = [...(partial.size > 0 ? sources.slice(0, 1) : []), ...sources];
    let problem: string | undefined;
    for (const source of attempts) {
      problem = await complete(partial, source, download);
      if (problem === undefined) break;
      await clear();
    }
    settled = true;
    if (problem === undefined) {
      await partial.moveTo(destination);
    } else {
      await partial.discard();
      throw wrongContent(file, problem);
    }
  } finally {
    if (!settled) await partial.release();
  }
}
