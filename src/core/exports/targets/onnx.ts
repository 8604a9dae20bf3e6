import { join } from 'node:path';
import { countParameters } from '../../architectures/architecture.js';
import type { HostTensor } from '../../checkpoints/checkpoint.js';
import { formatJson } from '../../checkpoints/json-file.js';
import { copyTokenizerFiles } from '../../checkpoints/tokenizer-files.js';
import { readFixedWeights } from '../../generation/fixed-weights.js';
import { quantizeMatrix } from '../../quantization/quantize-matrix.js';
import type { QuantizedMatrix } from '../../quantization/quantized-matrix.js';
import { decoderGraph } from '../onnx/decoder-graph.js';
import { onnxFile } from '../onnx/onnx-file.js';
import type { ExportTarget } from '../export-target.js';
import { tokenizerFolder } from '../tokenizer-folder.js';

/** Neighbours that share a scale: what ONNX Runtime's kernels are tuned for, and what Transformers.js publishes. */
const BLOCK_SIZE = 32;

/** What a precision is called in file names, by the convention of Transformers.js, and what it amounts to. */
const PRECISIONS: Readonly<
  Record<
    string,
    {
      readonly suffix: string;
      /** What it is called where the file is loaded. */
      readonly dtype: string;
      readonly bits: 4 | 8 | undefined;
      readonly inHalf: boolean;
      readonly bytes: number;
    }
  >
> = {
  fp32: { suffix: '', dtype: 'fp32', bits: undefined, inHalf: false, bytes: 4 },
  fp16: { suffix: '_fp16', dtype: 'fp16', bits: undefined, inHalf: true, bytes: 2 },
  int8: { suffix: '_int8', dtype: 'int8', bits: 8, inHalf: true, bytes: 1.25 },
  int4: { suffix: '_q4', dtype: 'q4', bits: 4, inHalf: true, bytes: 0.75 },
};

function fileName(precision: string): string {
  return `model${PRECISIONS[precision]!.suffix}.onnx`;
}

function rounding(bits: 4 | 8): (weight: HostTensor) => QuantizedMatrix {
  return ({ shape, data }) =>
    quantizeMatrix(
      data,
      { outputs: shape[0]!, inputs: shape[1]! },
      { bits, blockSize: BLOCK_SIZE, symmetric: true, scaleType: 'F32' },
      { searchRange: bits === 4 },
    );
}

/** A graph with its key/value cache in and out, as Optimum lays it out and Transformers.js loads it. */
export const onnx: ExportTarget = {
  id: 'onnx',
  description: 'An ONNX graph: Transformers.js in browsers and Node, ONNX Runtime anywhere',
  library: 'transformers.js',
  usage: {
    language: 'js',
    text: ({ name, precision }) =>
      [
        "import { env, pipeline } from '@huggingface/transformers';",
        '',
        "Object.assign(env, { allowRemoteModels: false, localModelPath: '..' }); // the folder that holds this one",
        `const generate = await pipeline('text-generation', '${name}', { dtype: '${PRECISIONS[precision]!.dtype}' });`,
      ].join('\n'),
  },
  precisions: Object.keys(PRECISIONS),
  entry: ({ precision }) => join('onnx', fileName(precision)),
  expectedBytes: ({ source, precision }) =>
    countParameters(source.model.parameters) * PRECISIONS[precision]!.bytes,
  async write({ source, weights, generationConfig, precision }, folder, { files, onProgress, signal }) {
    const { model } = source;
    const { bits, inHalf } = PRECISIONS[precision]!;
    const fixed = await readFixedWeights(
      weights,
      model,
      bits === undefined ? { asNumbers: true } : { quantize: rounding(bits) },
      onProgress,
      signal,
    );
    const name = fileName(precision);
    const { model: graph, data } = onnxFile(decoderGraph(model, fixed, inHalf), name);
    const graphs = join(folder, 'onnx');
    await files.makeDirectory(graphs);
    await files.writeAtomic(join(graphs, name), graph);
    if (data !== undefined) await files.writeAtomic(join(graphs, `${name}_data`), chunksOf(data));
    const settings =
      data === undefined ? {} : { 'transformers.js_config': { use_external_data_format: { [name]: 1 } } };
    await files.writeAtomic(join(folder, 'config.json'), formatJson({ ...model.config, ...settings }));
    if (generationConfig !== undefined) {
      await files.writeAtomic(join(folder, 'generation_config.json'), formatJson(generationConfig));
    }
    await copyTokenizerFiles(files, await tokenizerFolder(files, source), folder);
    return inHalf && bits === undefined
      ? ['Weights are stored in float16 and computed with in float32.']
      : [];
  },
};

async function* chunksOf(data: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of data) {
    yield chunk;
    await Promise.resolve();
  }
}
