import { UserError } from './model-server.js';

/**
 * The text that bytes hold.
 *
 * @param place where they come from, for the message
 * @throws UserError for bytes that are no UTF-8, such as a PDF's or an image's
 */
export function decodeText(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${place}: is not UTF-8 text. Only texts can be summarized: convert it first.`);
  }
}
