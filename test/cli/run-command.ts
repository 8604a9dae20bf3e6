import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Config, type Interfaces } from '@oclif/core';
import type { BaseCommand } from '../../src/cli/base-command.js';
import type { Ports } from '../../src/cli/ports.js';
import { ToolkitError } from '../../src/core/errors/toolkit-error.js';
import { fakePorts, type FakePorts } from './fake-ports.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

type CommandClass = new (argv: string[], config: Config, ports: Ports) => BaseCommand<object>;

/** What one run of a command left behind. */
export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  /** What the command returned, which is what `--json` prints. */
  readonly result: unknown;
  readonly error: ToolkitError | undefined;
}

let config: Promise<Config> | undefined;

/** A configuration without commands: the tests have the class at hand, and need not load all the others. */
async function loadConfig(): Promise<Config> {
  const pjson = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as Interfaces.PJSON;
  delete pjson.oclif.commands;
  return Config.load({ root: ROOT, pjson, ignoreManifest: true });
}

/** Runs a command class in this process, its output captured; anything but a ToolkitError is thrown on. */
export async function runCommand(
  command: CommandClass,
  argv: readonly string[],
  ports: FakePorts = fakePorts(),
): Promise<CommandRun> {
  config ??= loadConfig();
  const instance = new command([...argv], await config, ports) as unknown as { _run(): Promise<unknown> };
  let result: unknown;
  let error: ToolkitError | undefined;
  try {
    result = await instance._run();
  } catch (thrown) {
    if (!(thrown instanceof ToolkitError)) throw thrown;
    error = thrown;
  }
  return { stdout: ports.stdout.text, stderr: ports.stderr.text, result, error };
}
