import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import type { ExportTarget } from './export-target.js';
import { EXPORT_TARGETS } from './targets/index.js';

/** @throws ToolkitError `USAGE` for a name that is none, with those that are */
export function findTarget(name: string): ExportTarget {
  const target = EXPORT_TARGETS.get(name.toLowerCase());
  if (target !== undefined) return target;
  throw new ToolkitError(
    `--target ${name}: there is no such target`,
    'USAGE',
    didYouMean(name, EXPORT_TARGETS.keys()) ?? `Choose one of ${[...EXPORT_TARGETS.keys()].join(', ')}.`,
  );
}

/**
 * @param name in upper or lower case; the target's usual one where it is left out
 * @throws ToolkitError `USAGE` for a name that the target does not know, with those that it does
 */
export function findPrecision({ id, precisions }: ExportTarget, name: string | undefined): string {
  if (name === undefined) return precisions[0]!;
  const found = precisions.find((one) => one.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new ToolkitError(
    `--precision ${name}: the target ${id} does not know it`,
    'USAGE',
    [didYouMean(name, precisions), `Choose one of ${precisions.join(', ')}.`].filter(Boolean).join(' '),
  );
}
