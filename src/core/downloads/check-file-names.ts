import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Longest name of a file or folder on common file systems, and longest path, in characters. */
const MAXIMUM_NAME_LENGTH = 200;
const MAXIMUM_PATH_LENGTH = 500;

/** Names that Windows gives to devices, with any extension. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)/i;

/** Folders whose files other programs obey, or that hold the beginnings of downloads. */
const RESERVED_FOLDERS = ['.git', '.cache'];

function faultOf(path: string): string | undefined {
  if (path.length > MAXIMUM_PATH_LENGTH) return 'it is too long';
  const parts = path.split('/');
  if (RESERVED_FOLDERS.includes(parts[0]?.toLowerCase() ?? '')) return 'that folder is not for downloads';
  for (const part of parts) {
    if (part === '' || part === '.' || part === '..') return 'it leads out of the folder';
    if (part.length > MAXIMUM_NAME_LENGTH) return 'it is too long';
    if (/[\\:<>"|?*\p{Cc}\p{Cs}]/u.test(part)) return 'it holds characters that paths must not have';
    if (/[. ]$/.test(part)) return 'it ends in a dot or a space, which Windows drops';
    if (WINDOWS_DEVICE.test(part)) return 'it is the name of a device on Windows';
  }
  return undefined;
}

/**
 * Makes sure that files of these names can lie together in one folder on every system, and nowhere else.
 * @param paths as a hub lists them
 * @param remedy what the user can do about a file
 * @throws UNSUPPORTED that names the first that cannot
 */
export function checkFileNames(
  id: string,
  paths: readonly string[],
  remedy = 'Ask the authors to rename it.',
): void {
  const refuse = (problem: string): never => {
    throw new ToolkitError(
      `${id} lists ${problem}`,
      'UNSUPPORTED',
      `${remedy} No harmless repository has names that lead elsewhere.`,
    );
  };
  const seen = new Map<string, { path: string; isFile: boolean }>();
  for (const path of paths) {
    const fault = faultOf(path);
    if (fault !== undefined) refuse(`a file named ${quoteName(path)}: ${fault}`);
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length++) {
      const spelling = parts.slice(0, length).join('/');
      const isFile = length === parts.length;
      // Many file systems take names for equal that differ in case or in the composition of accents.
      const key = spelling.normalize('NFC').toLowerCase();
      const other = seen.get(key);
      if (other !== undefined && (isFile || other.isFile || other.path !== spelling)) {
        refuse(`${quoteName(other.path)} and ${quoteName(path)}, which are one file on many systems`);
      }
      seen.set(key, { path: spelling, isFile });
    }
  }
}
