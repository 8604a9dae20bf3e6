import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs the TypeScript sources. */
export const DEVELOPMENT_PROGRAM = fileURLToPath(new URL('../../bin/dev.js', import.meta.url));

/** What one process left behind. */
export interface ProgramRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** Runs the program in a process of its own, from the sources, so that no stale build is tested. */
export function runProgram(
  argv: readonly string[],
  options: { environment?: Record<string, string>; directory?: string } = {},
): Promise<ProgramRun> {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...options.environment };
  // vitest sets it, and it switches oclif to a mode that no user runs.
  delete environment['NODE_ENV'];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [DEVELOPMENT_PROGRAM, ...argv],
      { env: environment, cwd: options.directory, encoding: 'utf8' },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ stdout, stderr, status });
      },
    );
  });
}
