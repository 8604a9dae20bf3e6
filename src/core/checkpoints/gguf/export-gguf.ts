import { basename, resolve } from 'node:path';
import type { Model } from '../../architectures/architecture.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import type { HostTensor } from '../checkpoint.js';
import type { JsonObject } from '../json-file.js';
import { elementCount } from '../tensor-source.js';
import { readTokenizerFiles } from '../tokenizer-files.js';
import { encodeTensor } from './encode-tensor.js';
import { familyOfModel, ggmlName } from './families/index.js';
import { ggufFileType } from './file-types.js';
import { generalEntries, QUANTIZATION_VERSION, sizeLabel } from './general-metadata.js';
import { text, uint32, type GgufEntry } from './metadata.js';
import { samplingEntries } from './sampling-metadata.js';
import { toGgufLayout } from './tensor-layout.js';
import { writeTokenizer } from './tokenizer/write-tokenizer.js';
import { writeGguf, type GgufTensorContent, type GgufWritePorts } from './write-gguf.js';

/** A model to be written as GGUF. */
export interface GgufExportSource {
  /** Its folder or GGUF file: names the model, and has its tokenizer. */
  readonly path: string;
  readonly model: Model;
  /** Fetches a weight by the name of the model's parameter: `openWeights`, or weights in memory. */
  readTensor(parameter: string): Promise<HostTensor>;
  /** Folder whose tokenizer is written in place of the model's own: that of an adapter merged into it. */
  readonly tokenizerFrom?: string;
  readonly generationConfig?: JsonObject;
}

/** How a model is written. */
export interface GgufExportOptions {
  /** One of `ggufFileTypes()`: `F16`, `Q8_0`, `Q4_K_M` … */
  readonly type: string;
  /** `general.name`; the last part of the path unless told. */
  readonly name?: string;
  /** `general.license`, as an SPDX or Hugging Face identifier. */
  readonly license?: string;
}

/** Share of weights left as they are that is told: positions of GPT-2, which never are rounded, are less. */
const NOTED_SHARE = 0.25;

/** What was written. */
export interface GgufExport {
  /** Size of the file. */
  readonly bytes: number;
  readonly parameters: number;
  /** Weights by the type they are stored in, the most first. */
  readonly elementsByType: Readonly<Record<string, number>>;
  /** What llama.cpp will do otherwise than this toolkit, as sentences. */
  readonly notes: readonly string[];
}

/**
 * Writes a model as a GGUF file that llama.cpp, Ollama and LM Studio run: names, layout, metadata and tokenizer as
 * llama.cpp's own converter writes them, types as its `llama-quantize` chooses them (without an importance matrix).
 * One tensor is in memory at a time.
 *
 * @param out path of the file; what is there is replaced when all is written
 * @param ports `onProgress` counts bytes of the file
 * @throws ToolkitError USAGE for an unknown type; UNSUPPORTED where llama.cpp would compute something else: another
 *   architecture, activation or way to cut texts; OUT_OF_RESOURCES before anything is written where the disk is too
 *   small; what reading the source throws
 */
export async function exportGguf(
  source: GgufExportSource,
  options: GgufExportOptions,
  out: string,
  ports: GgufWritePorts,
): Promise<GgufExport> {
  const { model, path, tokenizerFrom = path } = source;
  const family = familyOfModel(model.config['model_type']);
  const fileType = ggufFileType(options.type, model.shape);
  const { entries, extraTensors, notes = [] } = family.describe(model);
  const files = await readTokenizerFiles(ports.files, tokenizerFrom);
  if (files === undefined) {
    throw new ToolkitError(
      `${tokenizerFrom}: there is no tokenizer.json`,
      'NOT_FOUND',
      'A GGUF file holds its tokenizer; give the folder of a model that has one.',
    );
  }
  const tokenizer = writeTokenizer(files, model.shape.vocabulary, family.architecture);

  const tensors: GgufTensorContent[] = [];
  const add = (name: string, published: readonly number[], read: () => Promise<HostTensor>): void => {
    const shape = published.toReversed();
    const type = fileType.typeOf(name, shape[0] ?? 1, shape.length);
    tensors.push({
      name,
      shape,
      type,
      async *content() {
        yield* encodeTensor(name, (await read()).data, type);
      },
    });
  };
  for (const [name, tensor] of extraTensors ?? []) add(name, tensor.shape, () => Promise.resolve(tensor));
  for (const { name, shape } of model.parameters) {
    const layout = family.layoutOf(name, model);
    const stored = layout.kind === 'transposed' ? shape.toReversed() : shape;
    // Every parameter of a family's models has a name: a test walks them.
    add(ggmlName(family, name)!, stored, async () => toGgufLayout(await source.readTensor(name), layout));
  }

  const parameters = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const metadata = new Map<string, GgufEntry>([
    ...generalEntries(family.architecture, 'model'),
    ...samplingEntries(source.generationConfig),
    ['general.name', text(options.name ?? basename(resolve(path), '.gguf'))],
    ['general.size_label', text(sizeLabel(parameters))],
    ...(options.license === undefined ? [] : [['general.license', text(options.license)] as const]),
    ...Array.from(entries, ([key, entry]) => [`${family.architecture}.${key}`, entry] as const),
    ['general.file_type', uint32(fileType.id)],
    ['general.quantization_version', uint32(QUANTIZATION_VERSION)],
    ...tokenizer.entries,
  ]);
  const bytes = await writeGguf(out, metadata, tensors, ports);

  const elements = new Map<string, number>();
  for (const { type, shape } of tensors) elements.set(type, (elements.get(type) ?? 0) + elementCount(shape));
  return {
    bytes,
    parameters,
    elementsByType: Object.fromEntries([...elements].sort(([, a], [, b]) => b - a)),
    notes: [...notes, ...unroundedNotes(fileType.name, tensors), ...tokenizer.notes],
  };
}

/** Matrices whose rows fill no whole blocks are not rounded: of a narrow model, that may be most of it. */
function unroundedNotes(type: string, tensors: readonly GgufTensorContent[]): string[] {
  const matrices = tensors.filter(({ shape }) => shape.length > 1);
  const count = (among: readonly GgufTensorContent[]): number =>
    among.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const isPlain = (name: string): boolean => name === 'F32' || name === 'F16' || name === 'BF16';
  const share = count(matrices.filter((tensor) => isPlain(tensor.type))) / count(matrices);
  return isPlain(type) || share < NOTED_SHARE
    ? []
    : [
        `${Math.round(100 * share)} % of the weights are not rounded to ${type}: their rows fill no whole blocks, so that they stay in 16 or 32 bits.`,
      ];
}
