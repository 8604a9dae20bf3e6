import { readModel, type Model } from '../../../../src/core/architectures/index.js';
import { exportGguf, type GgufExport } from '../../../../src/core/checkpoints/gguf/index.js';
import { openWeights } from '../../../../src/core/checkpoints/load-weights.js';
import { openModelFolder } from '../../../../src/core/checkpoints/model-folder.js';
import type { ProgressListener } from '../../../../src/core/progress/progress-event.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';

/** A model folder or GGUF file written as GGUF. */
export interface WrittenModel extends GgufExport {
  readonly model: Model;
}

/** Writes the model at `path` as a GGUF file. */
export async function writeAsGguf(
  path: string,
  options: { readonly type: string; readonly name?: string },
  out: string,
  onProgress?: ProgressListener,
): Promise<WrittenModel> {
  const { config, generationConfig, ...opened } = await openModelFolder(nodeFileSystem, path);
  await opened.close();
  const model = readModel(config);
  const weights = await openWeights(nodeFileSystem, path, model);
  try {
    const readTensor = (name: string) => weights.readTensor(name);
    const source = { path, model, readTensor, ...(generationConfig && { generationConfig }) };
    return { model, ...(await exportGguf(source, options, out, { files: nodeFileSystem, onProgress })) };
  } finally {
    await weights.close();
  }
}
