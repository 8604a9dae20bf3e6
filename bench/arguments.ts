import { availableParallelism } from 'node:os';
import { CASES, type Case } from './cases.js';

/** Reads a whole number above zero from the command line. */
export function countArgument(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} ${text}: is no whole number above zero`);
}

/** Threads to compute with: what is asked for, or all that this process may use. */
export function threadsArgument(text: string | undefined): number {
  return text === undefined ? availableParallelism() : countArgument('threads', text);
}

/** The cases by these names; all of them if there are none. */
export function casesByName(names: readonly string[]): readonly Case[] {
  if (names.length === 0) return CASES;
  return names.map((name) => {
    const found = CASES.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    throw new Error(`--case ${name}: there are ${CASES.map((known) => known.name).join(', ')}`);
  });
}
