import { basename, dirname, resolve } from 'node:path';
import { countParameters } from '../architectures/architecture.js';
import { openModelFolder } from '../checkpoints/model-folder.js';
import { writeWholeFolder } from '../checkpoints/whole-folder.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { ModelSource } from '../generation/load-language-model.js';
import { CARD_FILE } from '../model-cards/written-card.js';
import { exportCard } from './export-card.js';
import { formatDecimal } from '../number-text.js';
import type { ExportPorts, ExportTarget } from './export-target.js';
import { isOwnExport, writeManifest, type ExportManifest } from './manifest.js';
import { openMergedWeights } from './merged-weights.js';

/** What is exported, how and where to. */
export interface ModelExport {
  readonly source: ModelSource;
  readonly target: ExportTarget;
  readonly precision: string;
  readonly name: string;
  /** Folder to write. */
  readonly out: string;
  /** Writes the adapter alone. */
  readonly adapterOnly: boolean;
  /** Replaces a folder that was exported before. */
  readonly replace: boolean;
  readonly created: Date;
}

/** Adapters are small, and are written as they were trained. */
export const ADAPTER_PRECISION = 'F32';

function megabytes(bytes: number): string {
  return `${formatDecimal(bytes / 1e6, 1)} MB`;
}

/** @throws ToolkitError `OUT_OF_RESOURCES` */
async function assertFits(out: string, bytes: number, { files }: ExportPorts): Promise<void> {
  const free = await files.freeBytes?.(dirname(resolve(out)));
  if (free === undefined || bytes <= free) return;
  throw new ToolkitError(
    `${out}: the export takes about ${megabytes(bytes)}, and ${megabytes(free)} are free there`,
    'OUT_OF_RESOURCES',
    'Make room, or choose a smaller precision or another disk with --out.',
  );
}

/**
 * Writes a model in the form of a target: a folder with a card and a manifest, which appears complete or not at all.
 *
 * @throws ToolkitError `USAGE` for a folder that may not be written, `OUT_OF_RESOURCES` for a disk that is too small, and
 *   what reading and writing throw
 */
export async function exportModel(request: ModelExport, ports: ExportPorts): Promise<ExportManifest> {
  const { source, target, precision, name, out, adapterOnly, replace, created } = request;
  const { files } = ports;
  let manifest: ExportManifest | undefined;
  const isOwn = (folder: string): Promise<boolean> => isOwnExport(files, folder);
  const sources = [source.folder, source.adapterFolder].filter((path) => path !== undefined);
  await writeWholeFolder(files, out, { replace, sources, isOwn }, async (folder) => {
    const { entry, notes } = adapterOnly
      ? { entry: await writeAdapter(request, folder, ports), notes: [] }
      : await writeModel(request, folder, ports);
    const card = await exportCard(
      { ...{ source, target, precision, name, entry, adapterOnly, notes } },
      files,
    );
    await files.writeAtomic(`${folder}/${CARD_FILE}`, card);
    manifest = await writeManifest(files, folder, {
      target: target.id,
      precision: adapterOnly ? ADAPTER_PRECISION : precision,
      entry,
      adapter_only: adapterOnly,
      name,
      model: source.folder,
      adapter: source.adapterFolder ?? null,
      architecture: String(source.model.config['model_type']),
      parameters: countParameters(source.model.parameters),
      created: created.toISOString(),
      notes: [...notes],
    });
    ports.signal?.throwIfAborted();
  });
  return manifest!;
}

async function writeModel(
  { source, target, precision, name, out }: ModelExport,
  folder: string,
  ports: ExportPorts,
): Promise<{ entry: string; notes: readonly string[] }> {
  const checkpoint = await openModelFolder(ports.files, source.folder);
  await checkpoint.close();
  const weights = await openMergedWeights(ports.files, source);
  try {
    const request = { source, weights, generationConfig: checkpoint.generationConfig, precision, name };
    await assertFits(out, target.expectedBytes(request), ports);
    const notes = await target.write(request, folder, ports);
    return { entry: target.entry({ name, precision }), notes };
  } finally {
    await weights.close();
  }
}

async function writeAdapter(
  { source, target, name }: ModelExport,
  folder: string,
  ports: ExportPorts,
): Promise<string> {
  if (source.adapterFolder === undefined) {
    throw new ToolkitError(
      `${basename(source.folder)} is a model, and --adapter-only asks for an adapter`,
      'USAGE',
      'Name the adapter with --adapter, or as the model.',
    );
  }
  if (target.writeAdapter === undefined) {
    throw new ToolkitError(
      `--adapter-only: the target ${target.id} has no form for adapters alone`,
      'USAGE',
      'Choose --target gguf, or leave --adapter-only out.',
    );
  }
  return target.writeAdapter(source, name, folder, ports);
}
