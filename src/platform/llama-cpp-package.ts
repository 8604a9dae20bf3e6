/**
 * The part of `node-llama-cpp` 3 that is used here. It is an optional peer dependency, which may not be installed where
 * this is compiled: https://node-llama-cpp.withcat.ai/api/functions/getLlama
 */
export interface LlamaCppPackage {
  readonly LlamaLogLevel: Readonly<Record<'disabled' | 'error', string>>;
  readonly getModuleVersion: () => Promise<string>;
  readonly getLlama: (options: {
    readonly gpu: false;
    readonly build: 'never';
    readonly skipDownload?: boolean;
    readonly progressLogs?: boolean;
    readonly logLevel?: string;
    readonly maxThreads?: number;
  }) => Promise<PackageLlama>;
}

/** llama.cpp, loaded. */
export interface PackageLlama {
  loadModel(options: { readonly modelPath: string }): Promise<PackageModel>;
  dispose(): Promise<void>;
}

/** A GGUF file, loaded. */
export interface PackageModel {
  readonly tokens: {
    readonly bos: number | null;
    readonly eos: number | null;
    readonly shouldPrependBosToken: boolean;
    readonly shouldAppendEosToken: boolean;
  };
  readonly fileInfo: {
    readonly metadata: {
      readonly tokenizer: {
        readonly chat_template?: string;
        readonly ggml: { readonly tokens: readonly string[] };
      };
    };
  };
  tokenize(text: string, specialTokens: boolean): number[];
  detokenize(ids: readonly number[], specialTokens: boolean): string;
  isEogToken(id: number): boolean;
  createContext(options: {
    readonly contextSize: number;
    readonly batchSize?: number;
    readonly sequences?: number;
    readonly threads?: number;
    readonly flashAttention?: boolean;
    readonly experimentalKvCacheKeyType?: string;
    readonly experimentalKvCacheValueType?: string;
    readonly lora?: { readonly adapters: readonly { readonly filePath: string }[] };
  }): Promise<PackageContext>;
  dispose(): Promise<void>;
}

/** Room for texts that are being read. */
export interface PackageContext {
  getSequence(): PackageSequence;
  dispose(): Promise<void>;
}

/** A token to read, and whether what comes after it is asked for. */
export type PackageInput = number | readonly [number, { readonly generateNext: { readonly logits: true } }];

/** One text that is being read. */
export interface PackageSequence {
  clearHistory(): Promise<void>;
  controlledEvaluate(
    inputs: readonly PackageInput[],
  ): Promise<readonly ({ readonly next: { readonly logits?: ReadonlyMap<number, number> } } | undefined)[]>;
  evaluateWithoutGeneratingNewTokens(ids: readonly number[]): Promise<void>;
  evaluate(ids: readonly number[], options: object): AsyncGenerator<number>;
}

/** @throws where the package, or its binary for this machine, is not installed */
export async function importLlamaCpp(): Promise<LlamaCppPackage> {
  // A name that compilers do not follow: the package need not be there.
  const name: string = 'node-llama-cpp';
  return (await import(name)) as LlamaCppPackage;
}
