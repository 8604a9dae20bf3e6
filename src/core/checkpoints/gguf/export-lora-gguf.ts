import { basename, resolve } from 'node:path';
import { loraParameterName, loraScaling, loraTargets, type LoraSettings } from '../../adapters/lora.js';
import type { Model } from '../../architectures/architecture.js';
import type { HostTensor, StateDict } from '../checkpoint.js';
import { encodeTensor } from './encode-tensor.js';
import { familyOfModel, ggmlName } from './families/index.js';
import { generalEntries, QUANTIZATION_VERSION } from './general-metadata.js';
import { float32, text, uint32, type GgufEntry } from './metadata.js';
import { toGgufLayout } from './tensor-layout.js';
import { writeGguf, type GgufTensorContent, type GgufWritePorts } from './write-gguf.js';

/** Adapters are small, and llama.cpp's converter keeps them in 32 bits. */
const TYPE = 'F32';

/**
 * Writes a LoRA adapter that llama.cpp puts beside a model it runs (`--lora`), not merged into it.
 *
 * llama.cpp scales by alpha / rank; a rank-stabilised adapter is written with the alpha that gives its own scale.
 *
 * @param adapter as `loadAdapter` reads it, of this model
 * @param model the base model
 * @param options.path the adapter's folder, which names it
 * @returns size of the file in bytes
 * @throws ToolkitError UNSUPPORTED for other architectures than those of `exportGguf`; what {@link writeGguf} throws
 */
export async function exportLoraGguf(
  { settings, weights }: { readonly settings: LoraSettings; readonly weights: StateDict },
  model: Model,
  { path, name = basename(resolve(path)) }: { readonly path: string; readonly name?: string },
  out: string,
  ports: GgufWritePorts,
): Promise<number> {
  const family = familyOfModel(model.config['model_type']);
  const tensors: GgufTensorContent[] = [];
  const add = (tensorName: string, { shape, data }: HostTensor): void => {
    tensors.push({
      name: tensorName,
      shape: shape.toReversed(),
      type: TYPE,
      async *content() {
        yield* encodeTensor(tensorName, data, TYPE);
      },
    });
  };
  for (const { module } of loraTargets(model, settings)) {
    const weight = `${module}.weight`;
    const layout = family.layoutOf(weight, model);
    const matrix = (factor: 'A' | 'B'): HostTensor => weights.get(loraParameterName(module, factor))!;
    const ggml = ggmlName(family, weight)!;
    // A is [rank, inputs] and B [outputs, rank] also where the weight itself is published the other way round.
    add(`${ggml}.lora_a`, matrix('A'));
    add(`${ggml}.lora_b`, layout.kind === 'interleaved' ? toGgufLayout(matrix('B'), layout) : matrix('B'));
  }
  const metadata = new Map<string, GgufEntry>([
    ...generalEntries(family.architecture, 'adapter'),
    ['adapter.type', text('lora')],
    ['general.name', text(name)],
    ['adapter.lora.alpha', float32(loraScaling(settings) * settings.rank)],
    ['general.quantization_version', uint32(QUANTIZATION_VERSION)],
  ]);
  return writeGguf(out, metadata, tensors, ports);
}
