import { ToolkitError } from '../errors/toolkit-error.js';

/**
 * The address of a service, without a final slash.
 *
 * @param text as the user gave it
 * @param where flag, variable or spec it came from
 * @throws ToolkitError `USAGE`; the text is not repeated, for it may hold a password
 */
export function parseServiceAddress(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined &&
    ['http:', 'https:'].includes(url.protocol) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '');
  if (isPlain) return url.href.replace(/\/+$/, '');
  throw new ToolkitError(
    `${where}: is not the address of a service`,
    'USAGE',
    'Give an address such as http://localhost:8000/v1, without a user, a password or a query.',
  );
}
