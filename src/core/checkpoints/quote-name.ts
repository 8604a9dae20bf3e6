/** Longest piece of a name shown in a message; real parameter names stay below 150 characters. */
const MAXIMUM_SHOWN_CHARACTERS = 200;

/** A name or value that came out of a file, for a message: quoted as in JSON, on one line and of bounded length. */
export function quoteName(name: string): string {
  const isShort = name.length <= MAXIMUM_SHOWN_CHARACTERS;
  return JSON.stringify(isShort ? name : `${name.slice(0, MAXIMUM_SHOWN_CHARACTERS)}…`);
}
