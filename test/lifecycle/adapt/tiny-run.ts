import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import { writeModelFolder } from '../../../src/core/checkpoints/model-folder.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import type { MetricsLine } from '../../../src/core/training/metrics-log.js';
import type { FineTunePorts } from '../../../src/lifecycle/adapt/fine-tune.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { nodeMachineResources } from '../../../src/platform/machine-resources.js';
import { nodeProcessInfo } from '../../../src/platform/process-info.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const STARTER_MODEL = join(ROOT, 'templates', 'starter-model');
export const SENTIMENT = join(ROOT, 'datasets', 'sentiment');

/** One layer, the starter model's vocabulary of 4096, 48 tokens of context. */
export const TINY_CONFIG = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  vocab_size: 4096,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 48,
  initializer_range: 0.3,
  tie_word_embeddings: true,
};

/** Writes a LLaMA of random weights with the starter model's tokenizer. */
export async function writeTinyLlama(folder: string): Promise<void> {
  const model = readModel(TINY_CONFIG);
  await writeModelFolder(nodeFileSystem, folder, {
    config: TINY_CONFIG,
    state: initializeParameters(model.parameters, 2),
    storage: 'F32',
    tokenizerFilesFrom: STARTER_MODEL,
  });
}

/** Writes rows as JSON lines. */
export function writeRows(path: string, rows: readonly (object | string)[]): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
  return path;
}

/** The first rows of the sentiment dataset that fit the tiny model's context. */
export function sentimentRows(count: number): { prompt: string; completion: string }[] {
  return readFileSync(join(SENTIMENT, 'train.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.length > 0 && line.length < 120)
    .slice(0, count)
    .map((line) => JSON.parse(line) as { prompt: string; completion: string });
}

/** Everything a run needs, on one thread of the processor. */
export function tinyPorts(changed: Partial<FineTunePorts> = {}): FineTunePorts {
  return {
    files: nodeFileSystem,
    process: nodeProcessInfo,
    resources: nodeMachineResources,
    createEngine: async () => new OnnxRuntimeEngine({ provider: 'cpu', threads: 1 }),
    now: () => performance.now(),
    signal: new AbortController().signal,
    onDataset: () => undefined,
    onMemory: () => undefined,
    onPlan: () => undefined,
    onProgress: () => undefined,
    ...changed,
  };
}

/** Ports that raise the signal as soon as `step` steps are done. */
export function portsInterruptedAfter(step: number): FineTunePorts {
  const controller = new AbortController();
  return tinyPorts({
    signal: controller.signal,
    onProgress: ({ stage, done }) => {
      if (stage === 'training' && done === step) controller.abort();
    },
  });
}

/** The lines of a run's metrics file. */
export function readMetrics(run: string): MetricsLine[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as MetricsLine);
}

/** The same without what depends on the clock. */
export function untimedMetrics(run: string): object[] {
  return readMetrics(run).map((line) =>
    'loss' in line ? { ...line, seconds: undefined, tokens_per_second: undefined } : line,
  );
}

/** The training losses of a run. */
export function lossesOf(run: string): number[] {
  return readMetrics(run).flatMap((line) => ('loss' in line ? [line.loss] : []));
}
