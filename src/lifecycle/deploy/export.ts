import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { ADAPTER_PRECISION, exportModel } from '../../core/exports/export-model.js';
import { findPrecision, findTarget } from '../../core/exports/find-precision.js';
import type { ExportManifest } from '../../core/exports/manifest.js';
import { openModelSource } from '../../core/generation/load-language-model.js';
import { commandWord } from '../../core/project/command-word.js';
import { pathInProject } from '../../core/project/project-folder.js';
import { fileNamePart, type DoneStep } from '../../core/project/stage-record.js';
import { parseOptions } from '../parse-options.js';
import { verifyExport, type VerifyPorts, type VerifyResult } from './verify.js';

const text = z.string().min(1);

const optionsSchema = z.object({
  /** A model folder, run, adapter or GGUF file. */
  model: text,
  target: text,
  /** The target's usual one unless told. */
  precision: text.optional(),
  adapter: text.optional(),
  adapterOnly: z.boolean().default(false),
  /** Folder to write; `exports/<name>-<target>-<precision>` within `home` unless told. */
  out: text.optional(),
  home: text.default('.'),
  force: z.boolean().default(false),
  verify: z.boolean().default(true),
  /** What the export is called; unless told, as the model's folder. */
  name: text.optional(),
  prompts: text.optional(),
  dataset: text.optional(),
  split: text.optional(),
});

/** Options of {@link exportModelFiles}. */
export type ExportOptions = z.input<typeof optionsSchema>;

/** What {@link exportModelFiles} wrote. */
export interface ExportResult extends Omit<ExportManifest, 'format_version'> {
  readonly output_dir: string;
  readonly total_bytes: number;
  /** `null` where it was not asked for. */
  readonly verification: VerifyResult | null;
}

/** What {@link exportModelFiles} needs from outside. */
export interface ExportModelPorts extends VerifyPorts {
  readonly now: () => number;
}

/** Names of folders in which a model lies, but that say nothing of it. */
const PLAIN_NAMES = new Set(['model', 'adapter', 'merged']);

function nameOf(model: string): string {
  const path = resolve(model);
  const last = basename(path).replace(/\.gguf$/i, '');
  return fileNamePart(PLAIN_NAMES.has(last) ? basename(resolve(path, '..')) : last);
}

/**
 * Writes a model in the form of a target, and holds it against the original.
 *
 * @throws ToolkitError `USAGE` for targets and precisions that are none and folders that may not be written;
 *   `OUT_OF_RESOURCES` where the disk is too small; what reading, writing and verifying throw
 */
export async function exportModelFiles(
  options: ExportOptions,
  ports: ExportModelPorts,
): Promise<ExportResult> {
  const { model, adapter, adapterOnly, home, force, verify, ...given } = parseOptions(optionsSchema, options);
  const target = findTarget(given.target);
  const precision = findPrecision(target, given.precision);
  if (adapterOnly && given.precision !== undefined && precision !== ADAPTER_PRECISION) {
    throw new ToolkitError(
      `--precision ${given.precision}: an adapter alone is written as ${ADAPTER_PRECISION}`,
      'USAGE',
      'Leave --precision out, or --adapter-only.',
    );
  }
  const name = given.name === undefined ? nameOf(adapter ?? model) : fileNamePart(given.name);
  const form = adapterOnly ? 'adapter' : precision;
  const out = given.out ?? join(home, 'exports', `${name}-${target.id}-${form}`);
  const source = await openModelSource(ports.files, { model, adapter });
  const { format_version: _version, ...manifest } = await exportModel(
    { source, target, precision, name, out, adapterOnly, replace: force, created: new Date(ports.now()) },
    ports,
  );
  const { prompts, dataset, split } = given;
  return {
    output_dir: out,
    ...manifest,
    total_bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    verification:
      verify && !adapterOnly
        ? await verifyExport({ export: out, against: model, adapter, prompts, dataset, split }, ports)
        : null,
  };
}

/** What a project keeps of an export, with the command that makes it again. */
export function exportStep(
  project: string,
  { name, prompts, dataset, split, verify = true }: ExportOptions,
  result: ExportResult,
): DoneStep {
  const [model, out] = [result.model, result.output_dir].map((path) => pathInProject(project, path)) as [
    string,
    string,
  ];
  const adapter = result.adapter === null ? [] : [pathInProject(project, result.adapter)];
  const words = [
    `genai deploy export ${commandWord(model)} --target ${result.target} --precision ${result.precision}`,
    ...adapter.map((path) => `--adapter ${commandWord(path)}`),
    ...(result.adapter_only ? ['--adapter-only'] : []),
    ...(name === undefined ? [] : [`--name ${commandWord(name)}`]),
    ...(prompts === undefined ? [] : [`--prompts ${commandWord(pathInProject(project, prompts))}`]),
    ...(dataset === undefined ? [] : [`--dataset ${commandWord(pathInProject(project, dataset))}`]),
    ...(dataset === undefined || split === undefined ? [] : [`--split ${commandWord(split)}`]),
    ...(verify ? [] : ['--no-verify']),
    `--out ${commandWord(out)}`,
  ];
  return {
    stage: 'deploy',
    name: `deploy-${fileNamePart(out)}`,
    command: words.join(' '),
    inputs: [model, ...adapter],
    outputs: [out],
    results: {
      kind: 'export',
      target: result.target,
      precision: result.precision,
      bytes: result.total_bytes,
      verified: result.verification?.verdict ?? 'not verified',
    },
  };
}
