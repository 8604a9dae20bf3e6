import { ToolkitError } from '../core/errors/toolkit-error.js';
import { importLlamaCpp, type LlamaCppPackage, type PackageSequence } from './llama-cpp-package.js';

/** A GGUF file in llama.cpp, and one text that it reads. */
export interface LlamaCppModel {
  readonly contextLength: number;
  readonly vocabulary: number;
  /** As the file has it. */
  readonly chatTemplate: string | undefined;
  readonly begin: { readonly id: number; readonly text: string } | undefined;
  readonly end: { readonly id: number; readonly text: string } | undefined;
  /** Whether llama.cpp itself puts the token before every text. */
  readonly addsBegin: boolean;
  readonly addsEnd: boolean;
  /** Whether nothing more is generated after this token. */
  isEnd(id: number): boolean;
  /** Special tokens spelt out become their ids; nothing is put around the text. */
  tokenize(text: string): number[];
  /** Forgets what was read. */
  clear(): Promise<void>;
  /**
   * Reads on.
   *
   * @param every gives the logits after each token, not only after the last
   */
  read(tokens: readonly number[], every: boolean): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** What a model is opened with. */
export interface LlamaCppSettings {
  /** Tokens that a text may have. */
  readonly contextLength: number;
  readonly threads: number;
}

/** llama.cpp, where it is installed. */
export interface LlamaCpp {
  /** Of the package that brings it. */
  readonly version: string;
  /** @throws ToolkitError `BAD_CHECKPOINT` for a file that llama.cpp does not load */
  load(path: string, settings: LlamaCppSettings): Promise<LlamaCppModel>;
}

/** Logits taken over at once: the package holds them as maps, of some 40 bytes a number. */
const POSITIONS_AT_ONCE = 8;

/** Room left in a context: the package drops the beginning of a text that fills it to the last position. */
const SPARE_POSITIONS = 32;

/**
 * llama.cpp as the optional package node-llama-cpp brings it, on the processor.
 *
 * @returns `undefined` where the package, or its binary for this machine, is not installed
 */
export async function openLlamaCpp(): Promise<LlamaCpp | undefined> {
  let library: LlamaCppPackage;
  try {
    library = await importLlamaCpp();
  } catch {
    return undefined;
  }
  return {
    version: await library.getModuleVersion(),
    load: (path, settings) => load(library, path, settings),
  };
}

async function load(
  library: LlamaCppPackage,
  path: string,
  { contextLength, threads }: LlamaCppSettings,
): Promise<LlamaCppModel> {
  const llama = await library.getLlama({
    ...{ gpu: false, build: 'never', skipDownload: true, progressLogs: false },
    logLevel: library.LlamaLogLevel.disabled,
    maxThreads: threads,
  });
  try {
    const model = await llama.loadModel({ modelPath: path });
    const context = await model.createContext({
      // Caches are of 16 bits otherwise, whose rounding would count as the model's.
      ...{ experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' },
      ...{ contextSize: contextLength + SPARE_POSITIONS, sequences: 1, threads, flashAttention: false },
    });
    const sequence = context.getSequence();
    const { tokens, fileInfo } = model;
    const special = (id: number | null): LlamaCppModel['begin'] =>
      id === null ? undefined : { id, text: model.detokenize([id], true) };
    const vocabulary = fileInfo.metadata.tokenizer.ggml.tokens.length;
    return {
      contextLength,
      vocabulary,
      chatTemplate: fileInfo.metadata.tokenizer.chat_template,
      begin: special(tokens.bos),
      end: special(tokens.eos),
      addsBegin: tokens.shouldPrependBosToken,
      addsEnd: tokens.shouldAppendEosToken,
      isEnd: (id) => model.isEogToken(id),
      tokenize: (text) => model.tokenize(text, true),
      clear: () => sequence.clearHistory(),
      read: (ids, every) => read(sequence, ids, every, vocabulary),
      dispose: () => llama.dispose(),
    };
  } catch (error) {
    await llama.dispose();
    throw new ToolkitError(
      `${path}: llama.cpp does not load this file (${(error as Error).message})`,
      'BAD_CHECKPOINT',
      'The file is damaged, or of a kind that this release of llama.cpp does not know.',
      error,
    );
  }
}

async function read(
  sequence: PackageSequence,
  ids: readonly number[],
  every: boolean,
  vocabulary: number,
): Promise<Float32Array[]> {
  const read: Float32Array[] = [];
  for (let start = 0; start < ids.length; start += POSITIONS_AT_ONCE) {
    const outputs = await sequence.controlledEvaluate(
      ids
        .slice(start, start + POSITIONS_AT_ONCE)
        .map((id, index) =>
          every || start + index === ids.length - 1
            ? ([id, { generateNext: { logits: true } }] as const)
            : id,
        ),
    );
    for (const output of outputs) {
      if (output?.next.logits === undefined) continue;
      const logits = new Float32Array(vocabulary);
      for (const [id, value] of output.next.logits) logits[id] = value;
      read.push(logits);
    }
  }
  return read;
}
