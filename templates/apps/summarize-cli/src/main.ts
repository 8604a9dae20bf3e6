#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { buffer as readAll } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { decodeText } from './decode-text.js';
import { connect, explain, loadEnvironment, numberSetting, UserError } from './model-server.js';
import { LENGTHS, summarize, type Length } from './summarize.js';
import { forTerminal } from './terminal-text.js';

const USAGE = `npm start -- [--length ${Object.keys(LENGTHS).join('|')}] [FILE …]   (without files: standard input)`;

function isLength(text: string): text is Length {
  return Object.hasOwn(LENGTHS, text);
}

/** The texts of the files, one after the other, or standard input. */
async function readInput(files: readonly string[]): Promise<string> {
  if (files.length === 0) {
    if (process.stdin.isTTY) throw new UserError(`There is nothing to summarize. ${USAGE}`);
    return decodeText(await readAll(process.stdin), 'standard input');
  }
  const texts = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(file).catch((error: unknown) => {
        throw new UserError(
          `${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
        );
      });
      return decodeText(bytes, file);
    }),
  );
  return texts.join('\n\n');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { length: { type: 'string', default: 'medium' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help === true) return console.log(USAGE);
  if (!isLength(values.length)) throw new UserError(`--length ${values.length} is not known. ${USAGE}`);
  const input = await readInput(positionals);
  if (input.trim() === '') throw new UserError('The text is empty.');
  const limits = {
    partTokens: numberSetting(environment, 'PART_TOKENS', 1200),
    parallelRequests: numberSetting(environment, 'PARALLEL_REQUESTS', 4),
  };
  const summary = await summarize(
    input,
    values.length,
    await connect(environment),
    limits,
    (done, parts, round) => {
      if (parts > 1) console.error(`round ${round}: ${done} of ${parts} parts`);
    },
  );
  console.log(process.stdout.isTTY ? forTerminal(summary) : summary);
}

const environment = loadEnvironment();
try {
  await main();
} catch (error) {
  console.error(explain(error, environment));
  process.exitCode = 1;
}
