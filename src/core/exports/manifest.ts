import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { formatJson, readJsonObject } from '../checkpoints/json-file.js';
import { fileChunks } from '../dataset-formats/file-chunks.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Lies in every folder that was exported, and says what is in it. */
export const MANIFEST_FILE = 'genai-export.json';

const FORMAT_VERSION = 1;

const text = z.string().max(10_000);

const manifestSchema = z.object({
  format_version: z.literal(FORMAT_VERSION),
  target: z.enum(['safetensors', 'onnx', 'gguf', 'ollama']),
  precision: text,
  /** Path of what is run, from the folder. */
  entry: text,
  /** Whether the folder holds an adapter alone. */
  adapter_only: z.boolean(),
  name: text,
  /** What it was made from. */
  model: text,
  adapter: text.nullable(),
  architecture: text,
  parameters: z.number().int().nonnegative(),
  created: z.iso.datetime(),
  files: z
    .array(
      z.object({
        path: text,
        bytes: z.number().int().nonnegative(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
      }),
    )
    .max(10_000),
  notes: z.array(text).max(1000),
});

/** What an exported folder holds, and what it was made from. */
export type ExportManifest = z.output<typeof manifestSchema>;

/**
 * Reads the manifest of an exported folder.
 *
 * @returns `undefined` where there is none
 * @throws ToolkitError `BAD_CHECKPOINT` for a damaged one
 */
export async function readManifest(files: FileSystem, folder: string): Promise<ExportManifest | undefined> {
  const path = join(folder, MANIFEST_FILE);
  if ((await files.stat(path))?.kind !== 'file') return undefined;
  const result = manifestSchema.safeParse(await readJsonObject(files, path));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ToolkitError(
    `${path}: ${[...issue!.path.map(String), issue!.message].join(': ')}`,
    'BAD_CHECKPOINT',
    'Export the model again.',
  );
}

/** Writes the manifest of a folder, with sizes and digests of all that is in it. */
export async function writeManifest(
  files: FileSystem,
  folder: string,
  facts: Omit<ExportManifest, 'format_version' | 'files'>,
): Promise<ExportManifest> {
  const listed: ExportManifest['files'] = [];
  for (const path of await listFiles(files, folder)) {
    const { size } = (await files.stat(join(folder, path)))!;
    listed.push({ path, bytes: size, sha256: await fileDigest(files, join(folder, path)) });
  }
  const manifest: ExportManifest = { format_version: FORMAT_VERSION, ...facts, files: listed };
  await files.writeAtomic(join(folder, MANIFEST_FILE), formatJson(manifest));
  return manifest;
}

/** Paths of all files in a folder and the folders in it, `/` between their parts, in order. */
async function listFiles(files: FileSystem, folder: string, within = ''): Promise<string[]> {
  const found: string[] = [];
  for (const name of await files.list(join(folder, within))) {
    const path = within === '' ? name : `${within}/${name}`;
    if ((await files.stat(join(folder, path)))?.kind === 'directory') {
      found.push(...(await listFiles(files, folder, path)));
    } else found.push(path);
  }
  return found;
}

/** SHA-256 of a file, in hexadecimal digits. */
export async function fileDigest(files: FileSystem, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of fileChunks(files, path)) hash.update(chunk);
  return hash.digest('hex');
}

/** Whether a folder holds what its manifest lists and nothing else, so that it may be replaced. */
export async function isOwnExport(files: FileSystem, folder: string): Promise<boolean> {
  const manifest = await readManifest(files, folder).catch(() => undefined);
  if (manifest === undefined) return false;
  const listed = new Set([...manifest.files.map(({ path }) => path), MANIFEST_FILE]);
  return (await listFiles(files, folder)).every((path) => listed.has(path));
}
