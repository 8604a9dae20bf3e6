import type { FileSystem } from '../../platform/file-system.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** A JSON object as parsed. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Beyond any real configuration or shard index (the largest published indexes have about 10 MB). */
const MAXIMUM_JSON_BYTES = 100_000_000;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file whose top level is an object.
 * @throws BAD_CHECKPOINT when it is too large, not JSON, or not an object; NOT_FOUND when it does not exist
 */
export async function readJsonObject(files: FileSystem, path: string): Promise<JsonObject> {
  const bytes = (await files.stat(path))?.size ?? 0;
  if (bytes > MAXIMUM_JSON_BYTES) {
    throw new ToolkitError(
      `${path}: ${bytes} bytes are too many for a configuration file (limit ${MAXIMUM_JSON_BYTES})`,
      'BAD_CHECKPOINT',
    );
  }
  const text = await files.readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ToolkitError(`${path}: is not valid JSON`, 'BAD_CHECKPOINT', 'Get the file again.', cause);
  }
  if (isJsonObject(value)) return value;
  throw new ToolkitError(
    `${path}: its top level is not a JSON object`,
    'BAD_CHECKPOINT',
    'Get the file again.',
  );
}

/** JSON text as Hugging Face tools lay it out: two spaces and a final line break. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
