import type { ColumnMetaData, RowGroup } from 'hyparquet';
import type { RandomAccessFile } from '../../../platform/file-system.js';

/** Bytes of a page, unpacked, at most; writers make pages of about a megabyte. */
export const MOST_PAGE_BYTES = 2 ** 30;

/** Bytes of a group of rows, unpacked, at most: it is held in memory as a whole. */
const MOST_GROUP_BYTES = 2 ** 32;

/** Values of one column in a group at most; writers put a million rows at most into one. */
const MOST_VALUES = 2 ** 25;

/** Bytes of a page's header at most that are looked at. */
const MOST_HEADER_BYTES = 2 ** 16;

function count(value: bigint | number | undefined, what: string, most: number): number {
  const number = Number(value);
  if (!(Number.isInteger(number) && number >= 0 && number <= most)) {
    throw new Error(`${what} of a group is ${String(value)}; 0 to ${most} can be`);
  }
  return number;
}

/** Bytes that the pages of a column take unpacked; every header of a page is read and held against the index. */
async function checkColumn(file: RandomAccessFile, column: ColumnMetaData): Promise<number> {
  const { parquetHeader } = await import('hyparquet/src/column.js');
  const name = column.path_in_schema.join('.');
  const values = count(
    column.num_values,
    `the number of values in column ${JSON.stringify(name)}`,
    MOST_VALUES,
  );
  const dictionary = Number(column.dictionary_page_offset ?? 0);
  let position = dictionary > 0 ? dictionary : Number(column.data_page_offset);
  const end = position + count(column.total_compressed_size, 'the size of a column', file.size);
  if (!(position >= 0 && end <= file.size))
    throw new Error(`column ${JSON.stringify(name)} lies outside of the file`);
  let unpacked = 0;
  let found = 0;
  while (position < end) {
    const bytes = await file.read(position, Math.min(MOST_HEADER_BYTES, end - position));
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
    const header = parquetHeader(reader);
    count(header.uncompressed_page_size, 'the unpacked size of a page', MOST_PAGE_BYTES);
    const packed = count(header.compressed_page_size, 'the size of a page', end - position);
    const data = header.data_page_header ?? header.data_page_header_v2;
    if (data !== undefined) found += count(data.num_values, 'the number of values in a page', values - found);
    if (header.dictionary_page_header !== undefined) {
      count(header.dictionary_page_header.num_values, 'the size of a dictionary', MOST_VALUES);
    }
    unpacked += header.uncompressed_page_size;
    position += reader.offset + packed;
  }
  if (found !== values) throw new Error(`column ${JSON.stringify(name)} holds ${found} of ${values} values`);
  return unpacked;
}

/**
 * Holds a group of rows against bounds before anything is unpacked: a file of a few bytes can claim to hold billions of
 * equal values.
 *
 * @returns how many rows it has
 * @throws Error that says which number cannot be
 */
export async function checkRowGroup(file: RandomAccessFile, group: RowGroup): Promise<number> {
  const rows = count(group.num_rows, 'the number of rows', MOST_VALUES);
  let unpacked = 0;
  for (const { meta_data: column, file_path: elsewhere } of group.columns) {
    if (column === undefined) throw new Error('a column is encrypted or has no description');
    if (elsewhere) throw new Error('a column is stored in another file');
    unpacked += await checkColumn(file, column);
    count(unpacked, 'the unpacked size', MOST_GROUP_BYTES);
  }
  return rows;
}
