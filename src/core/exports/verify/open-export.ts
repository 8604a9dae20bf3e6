import { dirname, extname, join } from 'node:path';
import type { FileSystem } from '../../../platform/file-system.js';
import type { LlamaCpp } from '../../../platform/llama-cpp.js';
import { readModel } from '../../architectures/index.js';
import { readWeightsSchemes } from '../../checkpoints/compressed-tensors-config.js';
import { isGgufFile } from '../../checkpoints/gguf/index.js';
import { openModelFolder } from '../../checkpoints/model-folder.js';
import { elementCount } from '../../checkpoints/tensor-source.js';
import { readJsonObject } from '../../checkpoints/json-file.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { openModelSource } from '../../generation/load-language-model.js';
import { loadTokenizer } from '../../tokenizers/tokenizer.js';
import { readManifest, type ExportManifest } from '../manifest.js';
import { readModelfile } from '../ollama/modelfile.js';
import type { ExportRunner } from './export-runner.js';
import { openLlamaCppRunner } from './llama-cpp-runner.js';
import { openOllamaRunner } from './ollama-runner.js';
import { openOnnxRunner } from './onnx-runner.js';
import { openToolkitRunner, type ToolkitRunnerPorts } from './toolkit-runner.js';

/** An export, told by its manifest or by what the path is. */
export interface ExportPlace {
  readonly target: ExportManifest['target'];
  readonly precision: string;
  /** What is run: a folder, a graph, a GGUF file or a Modelfile. */
  readonly path: string;
  readonly isAdapterOnly: boolean;
  /** Of an exported folder. */
  readonly manifest?: ExportManifest;
}

/** Files in which weights are numbers of 32 bits unless their names say otherwise. */
const ONNX_NAME = /_(?<precision>fp16|int8|q8|quantized|q4|q4f16|int4|uint8|bnb4)\.onnx$/;
const ONNX_PRECISIONS: Readonly<Record<string, string>> = {
  ...{ q8: 'int8', uint8: 'int8', quantized: 'int8' },
  ...{ q4: 'int4', q4f16: 'int4', bnb4: 'int4' },
};

function onnxPrecision(path: string): string {
  const suffix = ONNX_NAME.exec(path)?.groups?.['precision'];
  return suffix === undefined ? 'fp32' : (ONNX_PRECISIONS[suffix] ?? suffix);
}

/** What the weights are rounded to, or the type that most of them have. */
async function storedPrecision(files: FileSystem, path: string): Promise<string> {
  const opened = await openModelFolder(files, path);
  await opened.close();
  const { quantizationConfig, configPath } = opened;
  if (quantizationConfig !== undefined) {
    const schemes = readWeightsSchemes(configPath, quantizationConfig);
    return `int${Math.min(...schemes.map(({ num_bits: bits }) => bits))}`;
  }
  const elements = new Map<string, number>();
  for (const { dtype, shape } of opened.tensors.values()) {
    elements.set(dtype, (elements.get(dtype) ?? 0) + elementCount(shape));
  }
  return [...elements].reduce((most, next) => (next[1] > most[1] ? next : most), ['', 0])[0];
}

/**
 * Finds out what an export is: a folder with a manifest, a GGUF or ONNX file, a Modelfile, or a model folder.
 *
 * @throws ToolkitError `NOT_FOUND` for nothing, `USAGE` for something else
 */
export async function locateExport(files: FileSystem, path: string): Promise<ExportPlace> {
  const info = await files.stat(path);
  if (info === undefined) {
    throw new ToolkitError(`${path}: there is no export`, 'NOT_FOUND', 'Give the folder that was exported.');
  }
  if (info.kind === 'file') return locateFile(files, path);
  const manifest = await readManifest(files, path);
  if (manifest !== undefined) {
    const { target, precision, entry, adapter_only: isAdapterOnly } = manifest;
    return { target, precision, path: join(path, entry), isAdapterOnly, manifest };
  }
  const names = await files.list(path);
  const one = (pattern: RegExp, folder = path, among = names): string | undefined => {
    const found = among.filter((name) => pattern.test(name));
    return found.length === 1 ? join(folder, found[0]!) : undefined;
  };
  const graphs = join(path, 'onnx');
  const file =
    one(/^Modelfile$/) ??
    one(/\.gguf$/) ??
    (names.includes('onnx') ? one(/\.onnx$/, graphs, await files.list(graphs)) : one(/\.onnx$/));
  if (file !== undefined) return locateFile(files, file);
  const precision = await storedPrecision(files, path);
  return { target: 'safetensors', precision, path, isAdapterOnly: false };
}

async function locateFile(files: FileSystem, path: string): Promise<ExportPlace> {
  const isAdapterOnly = false;
  if (await isGgufFile(files, path)) {
    return { target: 'gguf', precision: await storedPrecision(files, path), path, isAdapterOnly };
  }
  if (extname(path) === '.onnx') {
    return { target: 'onnx', precision: onnxPrecision(path), path, isAdapterOnly };
  }
  if (extname(path) === '.safetensors')
    return { ...(await locateExport(files, dirname(path))), isAdapterOnly };
  if (/modelfile/i.test(path)) {
    const { from } = readModelfile(await files.readText(path), path);
    return {
      target: 'ollama',
      precision: await storedPrecision(files, join(dirname(path), from)),
      path,
      isAdapterOnly,
    };
  }
  throw new ToolkitError(
    `${path}: is no export that can be verified`,
    'USAGE',
    'Give an exported folder, a .gguf or .onnx file, a Modelfile, or a folder with safetensors.',
  );
}

/** What opening needs from outside. */
export interface OpenExportPorts extends ToolkitRunnerPorts {
  readonly llama: LlamaCpp | undefined;
  readonly threads: number;
}

/** An export in the runtime that it is for. */
export interface OpenedExport {
  readonly runner: ExportRunner;
  /** The same weights in this toolkit, in float32, where the runtime computes with rounded ones itself. */
  readonly stored: ExportRunner | undefined;
  /** What users should know of how it was run. */
  readonly notes: readonly string[];
}

/** How llama.cpp comes to be here. */
const INSTALL_LLAMA_CPP = 'npm install node-llama-cpp';

/**
 * Opens an export in its runtime: a model folder in this toolkit, a graph in ONNX Runtime, GGUF in llama.cpp; without that,
 * by this toolkit's own reader.
 *
 * @param contextLength tokens of the longest text that will be read
 * @throws ToolkitError what the runtimes throw
 */
export async function openExport(
  { target, path }: Pick<ExportPlace, 'target' | 'path'>,
  contextLength: number,
  ports: OpenExportPorts,
): Promise<OpenedExport> {
  const { files, llama, threads } = ports;
  switch (target) {
    case 'safetensors': {
      const source = await openModelSource(files, { model: path });
      return {
        runner: await openToolkitRunner(source, 'this toolkit, loaded anew', ports),
        stored: undefined,
        notes: [],
      };
    }
    case 'onnx': {
      // Optimum and Transformers.js have graphs in a folder of their own; older exports do not.
      const beside = dirname(path);
      const isBeside = (await files.stat(join(beside, 'config.json'))) !== undefined;
      const folder = isBeside ? beside : dirname(beside);
      const configPath = join(folder, 'config.json');
      if ((await files.stat(configPath)) === undefined) {
        throw new ToolkitError(
          `${path}: there is no config.json beside it or in the folder above`,
          'NOT_FOUND',
          'Put config.json and the tokenizer of the model there.',
        );
      }
      const model = readModel(await readJsonObject(files, configPath), configPath);
      const tokenizer = await loadTokenizer(files, folder);
      const runner = await openOnnxRunner(path, model.shape, tokenizer, threads);
      return { runner, stored: undefined, notes: [] };
    }
    case 'gguf': {
      const source = await openModelSource(files, { model: path });
      const name = 'this toolkit, reading the GGUF file';
      if (llama === undefined) {
        return {
          runner: await openToolkitRunner(source, name, ports),
          stored: undefined,
          notes: [
            `llama.cpp itself was not run, because it is not installed here: the GGUF file was read by this toolkit. To verify in llama.cpp: ${INSTALL_LLAMA_CPP}`,
          ],
        };
      }
      const runner = await openLlamaCppRunner(llama, path, { contextLength, threads });
      return { runner, stored: await openToolkitRunner(source, name, ports), notes: [] };
    }
    case 'ollama': {
      const modelfile = readModelfile(await files.readText(path), path);
      const inner = await openExport(
        { target: 'gguf', path: join(dirname(path), modelfile.from) },
        contextLength,
        ports,
      );
      return { ...inner, runner: openOllamaRunner(inner.runner, modelfile, path) };
    }
  }
}
