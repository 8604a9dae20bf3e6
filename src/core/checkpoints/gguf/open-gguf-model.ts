import type { FileSystem } from '../../../platform/file-system.js';
import { readModel } from '../../architectures/index.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import type { HostTensor } from '../checkpoint.js';
import { badGguf, type GgufTensor } from '../gguf-header.js';
import type { JsonObject } from '../json-file.js';
import type { ModelFolder, TensorEntry } from '../opened-model.js';
import { quoteName } from '../quote-name.js';
import { blockCodec } from './blocks/index.js';
import { familyOfFile, publishedName } from './families/index.js';
import { openGgufParts, type GgufParts } from './gguf-parts.js';
import { MetadataReader } from './metadata-reader.js';
import { readGenerationConfig } from './sampling-metadata.js';
import { fromGgufLayout, fromGgufRows, SAME, type TensorLayout } from './tensor-layout.js';
import { specialTokenIds } from './tokenizer/read-tokenizer.js';

/** A tensor's sizes as published, the width of a row last. */
function publishedShape({ shape }: GgufTensor, layout: TensorLayout): readonly number[] {
  return layout.kind === 'transposed' ? shape : shape.toReversed();
}

async function decode(
  path: string,
  parts: GgufParts,
  name: string,
  layout: TensorLayout,
): Promise<HostTensor> {
  const { type, shape, elements } = parts.tensors.get(name)!;
  try {
    const data = new Float32Array(elements);
    blockCodec(type).decode(await parts.readBytes(name), data);
    return fromGgufLayout({ shape: shape.toReversed(), data }, layout);
  } catch (error) {
    if (error instanceof ToolkitError) {
      throw new ToolkitError(
        `${path}: tensor ${quoteName(name)}: ${error.message}`,
        error.code,
        error.hint,
        error,
      );
    }
    // What typed arrays throw when they are too long, or memory is used up.
    if (!(error instanceof RangeError)) throw error;
    throw new ToolkitError(
      `${path}: tensor ${quoteName(name)} of ${elements} values does not fit in memory`,
      'OUT_OF_RESOURCES',
      undefined,
      error,
    );
  }
}

/**
 * Opens a GGUF file as if it were the model folder that it was made from: configuration, and tensors under their
 * published names and in their published layout. Of a split file, any part may be named.
 *
 * @throws ToolkitError UNSUPPORTED for an architecture that is not run here; BAD_CHECKPOINT for a damaged file or one
 *   that is no model
 */
export async function openGgufModel(files: FileSystem, path: string): Promise<ModelFolder> {
  const parts = await openGgufParts(files, path);
  try {
    const general = new MetadataReader(path, parts.metadata);
    const kind = general.text('general.type') ?? 'model';
    if (kind !== 'model') {
      throw new ToolkitError(
        `${path}: is a GGUF file of the type ${quoteName(kind)}, a model is needed`,
        'USAGE',
        'Give the GGUF file of the model itself.',
      );
    }
    const family = familyOfFile(path, general.requiredText('general.architecture'));
    const embedding = parts.tensors.get('token_embd.weight');
    if (embedding?.shape.length !== 2) throw badGguf(path, 'has no matrix "token_embd.weight"');
    const config: JsonObject = {
      ...(await family.configure(general.under(`${family.architecture}.`), {
        names: new Set(parts.tensors.keys()),
        vocabulary: embedding.shape[1]!,
        read: (name) => decode(path, parts, name, SAME),
      })),
      ...specialTokenIds(general),
      torch_dtype: 'float32',
    };
    const model = readModel(config, path);

    const stored = new Map<string, { name: string; layout: TensorLayout }>();
    const tensors = new Map<string, TensorEntry>();
    for (const [name, tensor] of parts.tensors) {
      if (family.passedOver?.test(name)) continue;
      const published = publishedName(family, name) ?? name;
      const layout = family.layoutOf(published, model);
      stored.set(published, { name, layout });
      const { type, bytes } = tensor;
      tensors.set(published, { dtype: type, shape: publishedShape(tensor, layout), bytes });
    }
    const find = (published: string): { name: string; layout: TensorLayout } => {
      const found = stored.get(published);
      if (found !== undefined) return found;
      throw badGguf(path, `has no tensor ${quoteName(published)}`);
    };
    return {
      path,
      configPath: path,
      config,
      generationConfig: readGenerationConfig(general),
      tensors,
      readTensor: async (published) => {
        const { name, layout } = find(published);
        return decode(path, parts, name, layout);
      },
      async readQuantized(published) {
        const { name, layout } = find(published);
        const { type, shape } = parts.tensors.get(name)!;
        const [inputs, outputs, ...further] = shape;
        const codec = blockCodec(type);
        const isMatrix = inputs !== undefined && outputs !== undefined && further.length === 0;
        if (codec.quantized === undefined || !isMatrix) return undefined;
        return fromGgufRows(codec.quantized(await parts.readBytes(name), outputs, inputs), layout);
      },
      close: () => parts.close(),
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
