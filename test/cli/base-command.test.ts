import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Args, Flags } from '@oclif/core';
import { describe, expect, it, vi } from 'vitest';
import { BaseCommand } from '../../src/cli/base-command.js';
import { reportError } from '../../src/cli/report-error.js';
import { ToolkitError } from '../../src/core/errors/toolkit-error.js';
import { nodeFileSystem } from '../../src/platform/file-system.js';
import { fakePorts, type FakePorts } from './fake-ports.js';
import { runCommand } from './run-command.js';

/** A command that uses everything the base offers. */
class Probe extends BaseCommand<{ model: string; batch: number }> {
  static override args = {
    model: Args.string({ required: true, description: 'What to probe.', ignoreStdin: true }),
  };
  static override flags = {
    batch: Flags.integer({ default: 1, min: 1 }),
    dtype: Flags.string({ options: ['fp32', 'bf16'] }),
    fail: Flags.string({
      parse: async (text) => Promise.reject(new ToolkitError(`bad ${text}`, 'BAD_DATASET', 'Mend it.')),
    }),
  };
  static override id = 'probe:it';

  async run(): Promise<{ model: string; batch: number }> {
    const { args, flags } = await this.parse(Probe);
    this.progress().update({ stage: 'probe', done: 1, total: 2, unit: 'steps' });
    this.note('a remark');
    this.print('for people\n');
    if (args.model === 'defect') throw new TypeError('x is not a function');
    if (args.model === 'huge') new Float64Array(2 ** 53);
    return { model: args.model, batch: flags.batch };
  }
}

/** A command that works until it is told to stop. */
class Endless extends BaseCommand<object> {
  static override id = 'endless';

  async run(): Promise<object> {
    await this.parse(Endless);
    const { signal } = this;
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    signal.throwIfAborted();
    return {};
  }
}

const usage = async (...argv: string[]): Promise<ToolkitError | undefined> =>
  (await runCommand(Probe, argv)).error;

describe('what every command does', () => {
  it('writes text to stdout, progress and remarks to stderr, and returns its result', async () => {
    const run = await runCommand(Probe, ['gpt2', '--batch', '3']);
    expect(run.error).toBeUndefined();
    expect(run.stdout).toBe('for people\n');
    expect(run.stderr).toBe('probe  50 %  1/2 steps\na remark\n');
    expect(run.result).toEqual({ model: 'gpt2', batch: 3 });
  });

  it('writes the result and nothing else to stdout with --json', async () => {
    const run = await runCommand(Probe, ['gpt2', '--json']);
    expect(JSON.parse(run.stdout)).toEqual({ model: 'gpt2', batch: 1 });
  });

  it('writes nothing to stderr with --quiet', async () => {
    expect((await runCommand(Probe, ['gpt2', '--quiet'])).stderr).toBe('');
  });

  it('takes what stands after -- for an argument, even if it looks like a flag', async () => {
    const run = await runCommand(Probe, ['--', '--json']);
    expect(run.result).toEqual({ model: '--json', batch: 1 });
    expect(run.stdout).toBe('for people\n');
  });
});

describe('words that name what ships with the toolkit', () => {
  class Writer extends BaseCommand<object> {
    static override flags = {
      data: Flags.string({ multiple: true }),
      out: Flags.string(),
    };
    static override id = 'writer';

    async run(): Promise<object> {
      return (await this.parse(Writer)).flags;
    }
  }

  it('become paths in the package, but for where something is written', async () => {
    const ports = fakePorts({
      fileSystem: {
        ...nodeFileSystem,
        stat: async (path) => (isAbsolute(path) ? nodeFileSystem.stat(path) : undefined),
      },
    });
    const argv = ['--data', 'datasets/sentiment', '--data', 'mine', '--out', 'datasets/sentiment'];
    expect((await runCommand(Writer, argv, ports)).result).toMatchObject({
      data: [fileURLToPath(new URL('../../datasets/sentiment', import.meta.url)), 'mine'],
      out: 'datasets/sentiment',
    });
  });
});

describe('errors of use', () => {
  it('names an unknown flag and the one that was meant', async () => {
    const error = await usage('gpt2', '--dtyp', 'fp32');
    expect(error).toMatchObject({ message: 'Unknown flag --dtyp', code: 'USAGE', exitCode: 2 });
    expect(error?.hint).toBe('Did you mean --dtype? See `genai probe it --help`.');
  });

  it('names a missing argument with its meaning', async () => {
    expect((await usage())?.message).toBe('Missing MODEL (What to probe)');
  });

  it('names superfluous words', async () => {
    expect((await usage('gpt2', 'llama'))?.message).toBe('Too many arguments: llama');
  });

  it('names the flag whose value is wrong, and the values it may have', async () => {
    expect((await usage('gpt2', '--dtype', 'fp23'))?.message).toBe(
      'Expected --dtype=fp23 to be one of: fp32, bf16',
    );
    expect((await usage('gpt2', '--batch', 'x'))?.message).toBe(
      '--batch: Expected an integer but received: x',
    );
    expect((await usage('gpt2', '--batch', '0'))?.message).toMatch(/^--batch: Expected an integer greater/);
    expect((await usage('gpt2', '--batch'))?.message).toBe('Flag --batch expects a value');
  });

  it('keeps the code and hint of an error that a flag threw', async () => {
    expect(await usage('gpt2', '--fail', 'rows')).toMatchObject({
      message: '--fail: bad rows',
      code: 'BAD_DATASET',
      hint: 'Mend it.',
    });
  });

  it('calls a defect a defect, and memory that cannot be had by its name', async () => {
    expect(await usage('defect')).toMatchObject({
      code: 'UNEXPECTED',
      message: 'TypeError: x is not a function',
    });
    expect(await usage('huge')).toMatchObject({ code: 'OUT_OF_RESOURCES' });
  });
});

describe('interruption', () => {
  const start = async (): Promise<{ ports: FakePorts; run: ReturnType<typeof runCommand> }> => {
    const ports = fakePorts();
    const run = runCommand(Endless, [], ports);
    await vi.waitFor(() => {
      expect(ports.stoppable).toBe(true);
    });
    return { ports, run };
  };

  it('lets the work end by itself at the first Ctrl-C, with status 130', async () => {
    const { ports, run } = await start();
    ports.stop('interrupt');
    const { error, stderr } = await run;
    expect(error).toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    expect(stderr).toContain('Ctrl-C again quits at once');
    expect(ports.exits).toEqual([]);
  });

  it('quits at once at the second', async () => {
    const { ports, run } = await start();
    ports.stop('interrupt');
    ports.stop('interrupt');
    expect(ports.exits).toEqual([130]);
    await run;
  });

  it('stops work whose output nobody reads any more', async () => {
    const { ports, run } = await start();
    ports.stop('output-closed');
    expect((await run).error?.code).toBe('INTERRUPTED');
    expect(ports.stoppable).toBe(false);
  });
});

describe('reporting an error', () => {
  const error = new ToolkitError('rows.jsonl, line 3: bad \u001b[31mtext', 'BAD_DATASET', 'Mend the line.');

  it('prints two lines on stderr, escapes made visible', () => {
    const ports = fakePorts();
    reportError(error, false, ports);
    expect(ports.stderr.text).toBe('Error: rows.jsonl, line 3: bad \\x1b[31mtext\n  → Mend the line.\n');
    expect(ports.stdout.text).toBe('');
  });

  it('prints an object on stdout with --json', () => {
    const ports = fakePorts();
    reportError(error, true, ports);
    expect(JSON.parse(ports.stdout.text)).toEqual({
      error: { code: 'BAD_DATASET', message: error.message, hint: 'Mend the line.' },
    });
    expect(ports.stderr.text).toBe('');
  });

  it('adds the stack, with causes, only when asked to', () => {
    const ports = fakePorts({ environment: { GENAI_DEBUG: '1' } });
    reportError(new ToolkitError('outer', 'UNEXPECTED', undefined, new Error('inner')), false, ports);
    expect(ports.stderr.text).toMatch(/ToolkitError: outer\n\s+at .*[\s\S]*Caused by: Error: inner\n\s+at /);
  });
});
