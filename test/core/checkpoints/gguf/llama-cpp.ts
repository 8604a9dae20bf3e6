import {
  importLlamaCpp,
  type PackageLlama,
  type PackageModel,
} from '../../../../src/platform/llama-cpp-package.js';

/** llama.cpp itself, on the processor; `undefined` with a reason where its optional package is not there. */
export async function findLlamaCpp(): Promise<{ llama?: PackageLlama; missing?: string }> {
  try {
    const { getLlama, LlamaLogLevel } = await importLlamaCpp();
    return {
      llama: await getLlama({
        gpu: false,
        build: 'never',
        maxThreads: 1,
        progressLogs: false,
        logLevel: LlamaLogLevel.error,
      }),
    };
  } catch (error) {
    return { missing: `node-llama-cpp cannot be used: ${(error as Error).message.split('\n')[0]}` };
  }
}

/** Ids of a text, special tokens spelt out in it included; nothing is put around it. */
export function llamaIds(model: PackageModel, text: string): number[] {
  return [...model.tokenize(text, true)];
}

/** The logits of every id after each of the texts, with a LoRA adapter where one is named. */
export async function llamaLogits(
  model: PackageModel,
  texts: readonly (readonly number[])[],
  vocabulary: number,
  adapter?: string,
): Promise<Float64Array[]> {
  const context = await model.createContext({
    ...{ contextSize: 128, batchSize: 128, threads: 1 },
    ...(adapter !== undefined && { lora: { adapters: [{ filePath: adapter }] } }),
  });
  const sequence = context.getSequence();
  const results: Float64Array[] = [];
  for (const text of texts) {
    await sequence.clearHistory();
    const inputs = text.map((id, index) =>
      index < text.length - 1 ? id : ([id, { generateNext: { logits: true } }] as const),
    );
    const outputs = await sequence.controlledEvaluate(inputs);
    const logits = outputs.at(-1)?.next.logits;
    const values = new Float64Array(vocabulary).fill(Number.NaN);
    for (const [id, logit] of logits ?? []) values[id] = logit;
    results.push(values);
  }
  await context.dispose();
  return results;
}
