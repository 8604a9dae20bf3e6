import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Errors, run, settings, type Interfaces } from '@oclif/core';
import { flagIsGiven } from './command-line.js';
import type { Ports } from './ports.js';
import { reportError } from './report-error.js';
import { systemPorts } from './system-ports.js';
import { toolkitErrorFrom } from './toolkit-error-from.js';

/** Where the program lies. */
export interface Installation {
  /** The folder of package.json. */
  readonly root: string;
  /** Which of its folders to run: the build, or the sources (which needs a TypeScript loader). */
  readonly source: 'dist' | 'src';
}

/** package.json, its oclif section pointing into the folder that is to be run. */
function readPackage({ root, source }: Installation): Interfaces.PJSON {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return JSON.parse(text.replaceAll('"./dist/', `"./${source}/`)) as Interfaces.PJSON;
}

/**
 * Runs one command line from start to end; the only place that reports errors.
 * @param argv the words after the program's name
 * @returns the process's exit status, as documented in `core/errors/exit-codes.ts`
 */
export async function main(
  argv: readonly string[],
  installation: Installation,
  ports: Ports = systemPorts(),
): Promise<number> {
  try {
    // The folder to run is chosen here; oclif must not guess it from NODE_ENV and tsconfig.json.
    settings.enableAutoTranspile = false;
    // `genai help estimate` is what many type first.
    await run(argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv], {
      root: installation.root,
      pjson: readPackage(installation),
      ignoreManifest: installation.source === 'src',
    });
    return 0;
  } catch (thrown) {
    if (thrown instanceof Errors.ExitError) return thrown.oclif.exit ?? 0;
    const error = toolkitErrorFrom(thrown, 'genai');
    // Nobody reads the output any more: what they wanted of it they have.
    if (error.code === 'INTERRUPTED' && ports.stdout.closed) return 0;
    reportError(error, flagIsGiven(argv, '--json'), ports);
    return error.exitCode;
  }
}
