import type { AsyncBuffer, Compressors, FileMetaData, ParquetParsers } from 'hyparquet';
import type { RandomAccessFile } from '../../../platform/file-system.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import type { Row } from '../row-format.js';
import type { FileRow, IndexedFileFormat } from './file-format.js';
import { checkRowGroup, MOST_PAGE_BYTES } from './parquet-bounds.js';

/** Bytes of the index at the end at most; those of the largest published datasets have a few megabytes. */
const MOST_INDEX_BYTES = 2 ** 28;

/** At each end of a file: `PAR1`, and at the end before it the length of the index in 4 bytes. */
const MAGIC = 'PAR1';
const FOOTER_BYTES = 8;

/** Stands in a row for a text that is not valid UTF-8. */
const INVALID_TEXT = Symbol('a text that is not valid UTF-8');

function damaged(path: string, why: string, cause?: unknown): ToolkitError {
  return new ToolkitError(
    `${path}: is not a Parquet file that can be read: ${why}`,
    'BAD_DATASET',
    'Get the file again, or write it again as Parquet (snappy, gzip or zstd) or JSON Lines.',
    cause,
  );
}

/** Runs a step of the library, whose errors are those of the file. */
async function attempt<T>(path: string, run: () => Promise<T> | T): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ToolkitError && error.code !== 'BAD_CHECKPOINT') throw error;
    throw damaged(path, (error as Error).message.replace(/^parquet /, ''), error);
  }
}

/** The file as the library reads it: by ranges, none of which may go beyond its end. */
function asBuffer(file: RandomAccessFile): AsyncBuffer {
  return {
    byteLength: file.size,
    async slice(start, end = file.size) {
      const bytes = await file.read(start, Math.min(end, file.size) - start);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    },
  };
}

async function checkFooter(file: RandomAccessFile, path: string): Promise<void> {
  if (file.size < MAGIC.length + FOOTER_BYTES) throw damaged(path, `it has only ${file.size} bytes`);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  if (text(await file.read(0, MAGIC.length)) !== MAGIC)
    throw damaged(path, `it does not begin with ${MAGIC}`);
  const footer = await file.read(file.size - FOOTER_BYTES, FOOTER_BYTES);
  const end = text(footer.subarray(FOOTER_BYTES - MAGIC.length));
  if (end === 'PARE') throw damaged(path, 'it is encrypted');
  if (end !== MAGIC) throw damaged(path, `it does not end with ${MAGIC}; it may be cut off`);
  const indexBytes = new DataView(footer.buffer, footer.byteOffset).getUint32(0, true);
  const most = Math.min(MOST_INDEX_BYTES, file.size - MAGIC.length - FOOTER_BYTES);
  if (indexBytes > most)
    throw damaged(path, `its index is said to have ${indexBytes} bytes, more than ${most}`);
}

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeText(bytes: Uint8Array): string | typeof INVALID_TEXT {
  try {
    return textDecoder.decode(bytes);
  } catch {
    return INVALID_TEXT;
  }
}

const parsers: Partial<ParquetParsers> = { stringFromBytes: decodeText };

/** Decompressors that give a page the size which its header promises, if that is a size a page may have. */
function boundedCompressors(compressors: Compressors): Compressors {
  const bounded = Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, length: number) => {
      if (!(length >= 0 && length <= MOST_PAGE_BYTES)) throw new Error(`a page of ${length} bytes`);
      return decompress(input, length);
    },
  ]);
  return Object.fromEntries(bounded) as Compressors;
}

/**
 * A value as JSON would hold it. Whole numbers beyond the exact ones of JSON become text; dates ISO 8601; bytes that are
 * not marked as text are text where they are valid UTF-8 (as older writers left them), and else, as those of images,
 * `null`.
 *
 * @throws RangeError for a text that is not valid UTF-8
 */
function toJson(value: unknown): unknown {
  if (value === INVALID_TEXT) throw new RangeError('holds text that is not valid UTF-8');
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value == null || typeof value !== 'object') return value ?? null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) {
    const text = decodeText(value);
    return typeof text === 'string' ? text : null;
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>, toJson);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
}

function readRow(line: number, raw: Row): FileRow {
  try {
    return { line, isInArray: true, row: toJson(raw) as Row };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { line, isInArray: true, problem: error.message, text: '' };
  }
}

/**
 * Apache Parquet, as datasets on the Hugging Face hub are stored: one group of rows is read at a time, by ranges.
 * Compressed by snappy, gzip, zstd, brotli or LZ4, or not at all.
 */
export const parquet: IndexedFileFormat = {
  access: 'ranges',
  extensions: ['.parquet'],
  async *rows(file, path) {
    await checkFooter(file, path);
    const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
    const { compressors } = await import('hyparquet-compressors');
    const buffer = asBuffer(file);
    const metadata: FileMetaData = await attempt(path, () =>
      parquetMetadataAsync(buffer, { parsers, geoparquet: false }),
    );
    let first = 0;
    for (const group of metadata.row_groups) {
      const rows = await attempt(path, () => checkRowGroup(file, group));
      // The library does not know where a row is when asked for a group by itself, so it is asked for its rows.
      const range = { rowStart: first, rowEnd: first + rows };
      const options = {
        utf8: false,
        geoparquet: false,
        parsers,
        compressors: boundedCompressors(compressors),
      };
      const found =
        rows === 0
          ? []
          : await attempt(path, () => parquetReadObjects({ file: buffer, metadata, ...range, ...options }));
      if (found.length !== rows) throw damaged(path, `${found.length} of ${rows} rows of a group were found`);
      for (const [index, raw] of found.entries()) yield readRow(first + index + 1, raw);
      first += rows;
    }
  },
};
