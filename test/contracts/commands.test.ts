import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Interfaces } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { BaseCommand } from '../../src/cli/base-command.js';
import { exampleCommandLines } from '../cli/examples.js';

const FOLDER = fileURLToPath(new URL('../../src/commands/', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  oclif: { topics: Record<string, { description: string }> };
};

/** What an example may use that is declared by oclif. */
const COMMON_FLAGS = ['json', 'help'];

const paths = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.ts'),
);

it('there are commands', () => {
  expect(paths.length).toBeGreaterThan(0);
});

describe.each(paths)('src/commands/%s', async (path) => {
  const module = (await import(/* @vite-ignore */ join(FOLDER, path))) as {
    default: typeof BaseCommand & Command.Class;
  };
  const command = module.default;
  // A topic that is a command itself is the index of its folder.
  const words = path.replace(/([\\/]index)?\.ts$/, '').replaceAll(/[\\/]/g, ' ');

  const flags = { ...command.baseFlags, ...command.flags } as Record<string, Interfaces.Flag<unknown>>;

  it('extends the base command, so that it has --json and --quiet and throws errors in one form', () => {
    expect(command.prototype).toBeInstanceOf(BaseCommand);
    expect(command.enableJsonFlag).toBe(true);
  });

  it('says what it does in one line, and at more length', () => {
    expect(command.summary).toMatch(/^[A-Z].{10,80}\.$/);
    expect((command.description ?? '').length).toBeGreaterThan(40);
  });

  it('has a docstring', () => {
    expect(readFileSync(join(FOLDER, path), 'utf8')).toMatch(/\*\/\nexport default class/);
  });

  it('has two examples or more, of this command and with flags that it has', () => {
    const lines = exampleCommandLines(command, words);
    expect(lines.length).toBeGreaterThanOrEqual(2);
    const known = [...Object.keys(flags), ...COMMON_FLAGS].map((name) => `--${name}`);
    for (const line of lines) {
      expect(line.join(' ')).toMatch(new RegExp(`^genai ${words}( |$)`));
      const used = line.filter((word) => word.startsWith('--'));
      const names = used.map((word) => word.replace(/=.*$/, '').replace(/^--no-/, '--'));
      expect(known).toEqual(expect.arrayContaining(names));
    }
  });

  it('says what every flag and argument is for', () => {
    for (const { summary, description } of [
      ...Object.values(flags),
      ...Object.values({ ...command.args }),
    ].map((input) => ({
      summary: 'summary' in input ? input.summary : undefined,
      description: input.description,
    }))) {
      expect((summary ?? description ?? '').length).toBeGreaterThan(5);
    }
  });

  it('belongs to a topic that package.json describes, if to any', () => {
    const [topic, verb] = words.split(' ');
    if (verb !== undefined) expect(Object.keys(PACKAGE.oclif.topics)).toContain(topic);
  });
});
