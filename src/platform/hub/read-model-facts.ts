import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { ModelFacts, StoredTensor } from './model-facts.js';

/** Largest config.json that is read; published ones have a few kB. */
const MAXIMUM_CONFIG_BYTES = 10_000_000;
/** Longest part of a library's message that is passed on: it may quote names out of the file. */
const MAXIMUM_REASON_LENGTH = 300;

/** A repository at one commit, in the cache or at the hub. */
export interface ModelSource {
  readonly id: string;
  readonly commit: string;
  /** Paths of its files. */
  readonly paths: readonly string[];
  readonly endpoint: string;
  /** Serves the files; its own failures are thrown on as they are. */
  readonly fetch: typeof globalThis.fetch;
}

function damaged(id: string, file: string, problem: string): ToolkitError {
  return new ToolkitError(
    `${id}: ${file}: ${problem.slice(0, MAXIMUM_REASON_LENGTH)}`,
    'BAD_CHECKPOINT',
    'The file is damaged at its source or in the cache; get it again, or choose another revision.',
  );
}

/** The file that leads to the weights: the usual names first, else the only one there is. */
function weightsPath(paths: readonly string[]): string | undefined {
  const plain = paths.filter((path) => /^[\w.-]+\.safetensors(\.index\.json)?$/.test(path));
  const usual = ['model.safetensors', 'model.safetensors.index.json'].find((name) => plain.includes(name));
  const indexes = plain.filter((path) => path.endsWith('.index.json'));
  return usual ?? (indexes.length > 0 ? indexes[0] : plain.length === 1 ? plain[0] : undefined);
}

async function readConfig(source: ModelSource, base: string): Promise<Record<string, unknown>> {
  const { id, paths } = source;
  if (!paths.includes('config.json')) {
    throw new ToolkitError(
      `${id} has no config.json, which says what shape a model has`,
      'UNSUPPORTED',
      'It may hold an adapter, a GGUF file or something else than a transformers model; name the model it was made from.',
    );
  }
  const response = await source.fetch(`${base}config.json`);
  const text = await response.text();
  if (text.length > MAXIMUM_CONFIG_BYTES) throw damaged(id, 'config.json', 'is far too large');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(id, 'config.json', 'is not valid JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw damaged(id, 'config.json', 'its top level is not a JSON object');
}

/** Bits of one element: every element type of the format but BOOL has them in its name, first of the numbers. */
function elementBits(dtype: string): number | undefined {
  if (dtype === 'BOOL') return 8;
  const bits = /^[A-Z]+(\d+)/.exec(dtype)?.[1];
  return bits === undefined ? undefined : Number(bits);
}

/** Checks what the library leaves unchecked: that a shape takes just the bytes that the file gives it. */
function checkedTensor(
  name: string,
  { dtype, shape, data_offsets: [begin, end] }: { dtype: string; shape: number[]; data_offsets: number[] },
): { tensor: StoredTensor; elements: number; bytes: number } | undefined {
  const bits = elementBits(dtype);
  const elements = shape.reduce((product, size) => product * size, 1);
  const bytes = (end ?? 0) - (begin ?? 0);
  if (bits === undefined || !Number.isSafeInteger(elements * bits) || elements * bits !== bytes * 8) {
    return undefined;
  }
  return { tensor: { name, dtype, shape }, elements, bytes };
}

async function readHeaders(source: ModelSource, path: string): Promise<(readonly [string, object])[]> {
  const { parseSafetensorsMetadata } = await import('@huggingface/hub');
  let failure: unknown;
  const fetch: typeof globalThis.fetch = async (...request) => {
    try {
      return await source.fetch(...request);
    } catch (error) {
      // The library hides some failures of its `fetch` behind messages of its own.
      failure ??= error;
      throw error;
    }
  };
  try {
    const result = await parseSafetensorsMetadata({
      repo: { type: 'model', name: source.id },
      revision: source.commit,
      path,
      hubUrl: source.endpoint,
      fetch,
    });
    return result.sharded ? Object.entries(result.headers) : [[path, result.header] as const];
  } catch (error) {
    if (failure !== undefined) throw failure as Error;
    throw damaged(source.id, path, error instanceof Error ? error.message : String(error));
  }
}

/**
 * Reads the configuration and the headers of the weights, and no weight.
 * @throws BAD_CHECKPOINT for files that are damaged, UNSUPPORTED where there is no config.json
 */
export async function readModelFacts(source: ModelSource): Promise<ModelFacts> {
  const { id, commit, paths, endpoint } = source;
  const config = await readConfig(source, `${endpoint}/${id}/resolve/${commit}/`);
  const path = weightsPath(paths);
  const headers = path === undefined ? [] : await readHeaders(source, path);
  const tensors = new Map<string, StoredTensor>();
  const parametersByDtype = new Map<string, number>();
  let totalBytes = 0;
  for (const [file, header] of headers) {
    for (const [name, entry] of Object.entries(header)) {
      if (name === '__metadata__') continue;
      const checked = checkedTensor(name, entry as Parameters<typeof checkedTensor>[1]);
      if (checked === undefined)
        throw damaged(id, file, `tensor ${JSON.stringify(name)} has not the size of its shape`);
      if (tensors.has(name)) throw damaged(id, file, `tensor ${JSON.stringify(name)} is in two files`);
      const { tensor, elements, bytes } = checked;
      tensors.set(name, tensor);
      parametersByDtype.set(tensor.dtype, (parametersByDtype.get(tensor.dtype) ?? 0) + elements);
      totalBytes += bytes;
    }
  }
  return {
    id,
    commit,
    config,
    tensors: [...tensors.values()],
    parametersByDtype: Object.fromEntries(parametersByDtype),
    totalBytes,
  };
}
