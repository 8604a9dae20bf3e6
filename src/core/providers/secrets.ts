import { ToolkitError } from '../errors/toolkit-error.js';

/** A run of this many characters of a key is told from chance; servers quote keys in part. */
const TELLING_LENGTH = 6;

/** Shorter ones are stand-ins such as `EMPTY`, which servers without access control are given. */
const SHORTEST_SECRET = 12;

/** What keys of well-known services look like, and a header that carries one. */
const KEY_LIKE = /\b(sk|pk|rk|gsk|hf|xai|nvapi|key)[-_][\w-]{6,}|\bAIza[\w-]{8}|\bBearer\s+\S/i;

/** Whether a text holds a part of the key, or something that looks like another one. */
export function tellsSecret(text: string, key: string | undefined): boolean {
  if (KEY_LIKE.test(text)) return true;
  if (key === undefined) return false;
  const length = Math.min(TELLING_LENGTH, key.length);
  for (let start = 0; start + length <= key.length; start++) {
    if (text.includes(key.slice(start, start + length))) return true;
  }
  return false;
}

/** Whether an answer, as JSON was read, holds the whole key in one of its texts or names. */
export function repeatsSecret(answer: unknown, key: string | undefined): boolean {
  if (key === undefined || key.length < SHORTEST_SECRET) return false;
  // Written anew, each character has one spelling: that which the key is given too.
  return JSON.stringify(answer).includes(JSON.stringify(key).slice(1, -1));
}

/**
 * The key in an environment variable; `undefined` where it is unset or empty.
 *
 * @throws ToolkitError `USAGE` when it cannot be a key; checked here because an invalid header is quoted in its error
 */
export function readKey(
  environment: Readonly<Record<string, string | undefined>>,
  variable: string,
): string | undefined {
  const key = environment[variable]?.trim() ?? '';
  if (/^[\x21-\x7e]*$/.test(key)) return key === '' ? undefined : key;
  throw new ToolkitError(
    `The key in ${variable} holds spaces or other characters that no key has`,
    'USAGE',
    'Copy it again from the settings of your account.',
  );
}
