import { join } from 'node:path';
import { readModel } from '../../core/architectures/index.js';
import { readJsonObject } from '../../core/checkpoints/json-file.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { memoryModel, type MemoryModel } from '../../core/memory/memory-model.js';
import { looksLikeNumber, parseParameterCount } from '../../core/memory/parameter-count.js';
import { typicalModel } from '../../core/memory/typical-model.js';
import type { FileSystem } from '../../platform/file-system.js';

/** What a model's name turned out to be. */
export interface ResolvedModel {
  readonly model: MemoryModel;
  /** As it is spoken of: the count, the card's name, the path. */
  readonly name: string;
  readonly source: 'count' | 'card' | 'config' | 'checkpoint' | 'gguf' | 'hub';
}

/** What {@link resolveModel} needs of the machine. */
export interface ResolveModelPorts {
  readonly fileSystem: FileSystem;
}

/**
 * The shape of a model that is named by a parameter count, a model card, a `config.json`, the folder of a checkpoint, a
 * GGUF file, or `hf:ORG/NAME`. No weights are read.
 *
 * @throws ToolkitError `USAGE` or `NOT_FOUND` for a name that is none of these, `BAD_CHECKPOINT` or `UNSUPPORTED` for
 *   a file that cannot be read
 */
export async function resolveModel(name: string, ports: ResolveModelPorts): Promise<ResolvedModel> {
  const count = parseParameterCount(name);
  if (count !== undefined) return { model: typicalModel(count), name, source: 'count' };
  const info = await ports.fileSystem.stat(name);
  if (info === undefined) {
    throw new ToolkitError(
      `${name}: neither a number of parameters nor a file or folder that exists`,
      looksLikeNumber(name) ? 'USAGE' : 'NOT_FOUND',
      'Give a count such as 7B, 124M or 1.5e9, the path of a config.json, or of a folder that holds one.',
    );
  }
  const configPath = info.kind === 'directory' ? join(name, 'config.json') : name;
  if ((await ports.fileSystem.stat(configPath))?.kind !== 'file') {
    throw new ToolkitError(
      `${name}: the folder has no config.json`,
      'NOT_FOUND',
      'Give the folder of a checkpoint.',
    );
  }
  const config = await readJsonObject(ports.fileSystem, configPath);
  return {
    model: memoryModel(readModel(config, configPath)),
    name,
    source: info.kind === 'directory' ? 'checkpoint' : 'config',
  };
}
