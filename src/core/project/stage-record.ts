import { join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { filesThatCount, fingerprintFile, type FingerprintPorts } from './fingerprint.js';
import { pathInProject, STAGES_FOLDER } from './project-folder.js';
import { readSmallText } from './small-text.js';

/**
 * Stages whose results are recorded. Of adaptation only prompts are: what is trained is read off the run folders. The
 * scope is a file of its own.
 */
const RECORDED_STAGES = ['select', 'adapt', 'evaluate', 'deploy'] as const;

const text = z.string().max(10_000);
const figure = z.union([text, z.number(), z.boolean(), z.null()]);

const recordSchema = z.strictObject({
  stage: z.enum(RECORDED_STAGES),
  /** What does it again. Two records with the same command are of the same thing. */
  command: text,
  recorded: z.iso.datetime(),
  /** What it was made from. */
  inputs: z
    .array(
      z.strictObject({
        path: text,
        bytes: z.number().int().nonnegative(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
      }),
    )
    .max(10_000)
    .default([]),
  /** Files and folders that it made. */
  outputs: z.array(text).max(1000).default([]),
  results: z.record(text, figure).default({}),
});

/** One file of `stages/`: what was done, from what, with which results. Paths are from the project's folder. */
export type StageRecord = z.output<typeof recordSchema>;

/** Files of one name tried; more different commands than these do not share a name. */
const MOST_OF_ONE_NAME = 100;

/** Characters of a record's file name at most, ending left out. */
const LONGEST_NAME = 100;

/** A path or text as part of a file name: `runs/first/adapter` becomes `runs-first-adapter`. */
export function fileNamePart(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9._]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  return plain.slice(-LONGEST_NAME) || 'unnamed';
}

/**
 * Reads a record.
 *
 * @throws ToolkitError `BAD_CHECKPOINT` for a file that is none, with what is wrong with it
 */
export async function readStageRecord(files: FileSystem, path: string): Promise<StageRecord> {
  const source = await readSmallText(files, path);
  const damaged = (what: string, cause?: unknown): ToolkitError =>
    new ToolkitError(
      `${path}: ${what}`,
      'BAD_CHECKPOINT',
      'Mend the file, or remove it and do that stage again.',
      cause,
    );
  let value: unknown;
  try {
    value = parse(source, { schema: 'core', maxAliasCount: 0, logLevel: 'error' });
  } catch (cause) {
    // The parser's own words, or what its limits on aliases and on brackets within brackets make it throw.
    throw damaged(cause instanceof Error ? cause.message.split('\n')[0]! : 'is not YAML', cause);
  }
  const result = recordSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged([...issue!.path.map(String), issue!.message].join(': '));
}

/** A stage that has been done: its inputs are named, and fingerprinted here. */
export interface DoneStep extends Pick<StageRecord, 'stage' | 'command' | 'results'> {
  /** Name of the record's file, without its ending. */
  readonly name: string;
  /** Files, and folders of models and adapters. */
  readonly inputs: readonly string[];
  readonly outputs?: readonly string[];
  /** There is one of its name in a project: it replaces whatever has the name. */
  readonly isOnly?: boolean;
}

/** The file of that name, or a numbered one beside it where another command's record has the name. */
async function placeOf(files: FileSystem, folder: string, name: string, command: string): Promise<string> {
  for (let number = 1; number <= MOST_OF_ONE_NAME; number++) {
    const path = join(folder, `${name}${number === 1 ? '' : `-${number}`}.yaml`);
    if ((await files.stat(path)) === undefined) return path;
    const own = await readStageRecord(files, path).catch(() => undefined);
    if (own?.command === command) return path;
  }
  throw new ToolkitError(
    `${join(folder, `${name}.yaml`)}: ${MOST_OF_ONE_NAME} other records have that name`,
    'USAGE',
    'Remove the ones that are not needed.',
  );
}

/**
 * Records in a project what was done. The same command's earlier record is replaced: its file is the history that
 * version control keeps.
 *
 * @returns path of the record
 * @throws ToolkitError `NOT_FOUND` for an input that is gone; `WRITE_FAILED`
 */
export async function recordStage(project: string, step: DoneStep, ports: FingerprintPorts): Promise<string> {
  const { files } = ports;
  const inputs: StageRecord['inputs'] = [];
  for (const input of step.inputs) {
    for (const path of await filesThatCount(files, resolve(project, input))) {
      const print = await fingerprintFile(path, ports);
      if (print !== undefined) inputs.push({ path: pathInProject(project, path), ...print });
    }
  }
  const record: StageRecord = {
    stage: step.stage,
    command: step.command,
    recorded: new Date(ports.now()).toISOString(),
    inputs,
    outputs: (step.outputs ?? []).map((path) => pathInProject(project, resolve(project, path))),
    results: step.results,
  };
  const folder = join(project, STAGES_FOLDER);
  const path =
    step.isOnly === true
      ? join(folder, `${step.name}.yaml`)
      : await placeOf(files, folder, step.name, step.command);
  await files.writeAtomic(
    path,
    `# Written by the toolkit and read by: genai status\n${stringify(record, { lineWidth: 0 })}`,
  );
  return path;
}
