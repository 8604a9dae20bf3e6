/**
 * Measures the serving engine beside llama.cpp (the npm package `node-llama-cpp`) on the same quantised file, in turns:
 * reading a prompt, generating for one client, generating for eight at once.
 *
 *     npm run bench:serving -- [--model FILE.gguf] [--threads N] [--rounds N] [--json]
 *
 * Without --model it makes a LLaMA of 222M random weights with the starter model's tokenizer, in Q4_0.
 * Medians are reported, and their ratio; --json has every sample.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemPorts } from '../src/cli/system-ports.js';
import { readModel } from '../src/core/architectures/index.js';
import { initializeParameters } from '../src/core/architectures/initialize.js';
import { exportGguf } from '../src/core/checkpoints/gguf/index.js';
import { OnnxRuntimeEngine } from '../src/core/engine/onnxruntime/engine.js';
import { openModelSource } from '../src/core/generation/load-language-model.js';
import { loadSlotModel } from '../src/core/generation/load-slot-model.js';
import { nodeFileSystem } from '../src/platform/file-system.js';
import {
  importLlamaCpp,
  type LlamaCppPackage,
  type PackageSequence,
} from '../src/platform/llama-cpp-package.js';
import { countArgument, threadsArgument } from './arguments.js';
import { median } from './statistics.js';

const STARTER = fileURLToPath(new URL('../templates/starter-model', import.meta.url));
/** 222M parameters; the shapes of published models of that size. */
const RANDOM_MODEL = {
  model_type: 'llama',
  vocab_size: 32_768,
  hidden_size: 1024,
  intermediate_size: 2816,
  num_hidden_layers: 16,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  max_position_embeddings: 4096,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
};
const PROMPT_TOKENS = 256;
const NEW_TOKENS = 32;
const CLIENTS = 8;
const CAPACITY = 512;
/** After this long the threads of the side before have stopped spinning. */
const PAUSE_MILLISECONDS = 250;

/** What either side can be asked for; each answers tokens per second. */
interface Side {
  readPrompt(tokens: readonly number[]): Promise<number>;
  generate(clients: number): Promise<number>;
  dispose(): Promise<void>;
}

async function findLlamaCpp(): Promise<LlamaCppPackage> {
  try {
    return await importLlamaCpp();
  } catch (cause) {
    throw new Error('node-llama-cpp is not installed: npm install --no-save node-llama-cpp', { cause });
  }
}

async function timed(tokens: number, action: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await action();
  return (tokens / (performance.now() - start)) * 1000;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let index = 1; index < logits.length; index++) if (logits[index]! > logits[best]!) best = index;
  return best;
}

async function openToolkit(path: string, threads: number): Promise<Side> {
  const engine = new OnnxRuntimeEngine({ provider: 'cpu', threads });
  const source = await openModelSource(nodeFileSystem, { model: path });
  const model = await loadSlotModel(nodeFileSystem, source, engine, { slots: CLIENTS, capacity: CAPACITY });
  const slots = [...Array(CLIENTS).keys()];
  const clear = (): void => slots.forEach((slot) => model.truncate(slot, 0));
  return {
    readPrompt(tokens) {
      clear();
      return timed(tokens.length, async () => {
        await model.read(0, tokens);
      });
    },
    async generate(clients) {
      clear();
      let next: { slot: number; token: number }[] = [];
      for (const slot of slots.slice(0, clients)) {
        next.push({ slot, token: likeliest(await model.read(slot, [1, 2, 3])) });
      }
      return timed(clients * NEW_TOKENS, async () => {
        for (let step = 0; step < NEW_TOKENS; step++) {
          const logits = await model.step(next);
          next = logits.map((row, slot) => ({ slot, token: likeliest(row) }));
        }
      });
    },
    async dispose() {
      await model.dispose();
      await engine.dispose();
    },
  };
}

async function openLlamaCpp(path: string, threads: number): Promise<Side> {
  const { getLlama } = await findLlamaCpp();
  const llama = await getLlama({ gpu: false, build: 'never' });
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({
    ...{ contextSize: CAPACITY, sequences: CLIENTS, batchSize: CAPACITY, threads },
  });
  const sequences = Array.from({ length: CLIENTS }, () => context.getSequence());
  const clear = (): Promise<unknown> => Promise.all(sequences.map((sequence) => sequence.clearHistory()));
  const continued = (sequence: PackageSequence): AsyncGenerator<number> =>
    sequence.evaluate([1, 2, 3], { temperature: 0, yieldEogToken: true });
  return {
    async readPrompt(tokens) {
      await clear();
      return timed(tokens.length, () => sequences[0]!.evaluateWithoutGeneratingNewTokens([...tokens]));
    },
    async generate(clients) {
      await clear();
      const answers = sequences.slice(0, clients).map(continued);
      await Promise.all(answers.map((answer) => answer.next()));
      return timed(clients * NEW_TOKENS, async () => {
        await Promise.all(
          answers.map(async (answer) => {
            for (let step = 0; step < NEW_TOKENS; step++) await answer.next();
          }),
        );
      });
    },
    dispose: () => llama.dispose(),
  };
}

async function makeModel(folder: string): Promise<string> {
  const model = readModel(RANDOM_MODEL);
  const weights = initializeParameters(model.parameters, 1);
  const path = join(folder, 'random.gguf');
  await exportGguf(
    {
      ...{ path: STARTER, model },
      readTensor: (name) => Promise.resolve(weights.get(name)!),
    },
    { type: 'Q4_0', name: 'random' },
    path,
    { files: nodeFileSystem },
  );
  return path;
}

const { stdout, stderr } = systemPorts();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      model: { type: 'string' },
      threads: { type: 'string' },
      rounds: { type: 'string', default: '7' },
      json: { type: 'boolean', default: false },
    },
  });
  const threads = threadsArgument(values.threads);
  const rounds = countArgument('rounds', values.rounds);
  const scratch = await mkdtemp(join(tmpdir(), 'genai-bench-'));
  try {
    const path = values.model ?? (await makeModel(scratch));
    const sides = {
      toolkit: await openToolkit(path, threads),
      'llama.cpp': await openLlamaCpp(path, threads),
    };
    const prompt = Array.from({ length: PROMPT_TOKENS }, (_, index) => 5 + ((index * 37) % 4000));
    const cases: Readonly<Record<string, (side: Side) => Promise<number>>> = {
      [`reading ${PROMPT_TOKENS} tokens`]: (side) => side.readPrompt(prompt),
      'generating for 1 client': (side) => side.generate(1),
      [`generating for ${CLIENTS} clients`]: (side) => side.generate(CLIENTS),
    };
    const results = [];
    for (const [name, run] of Object.entries(cases)) {
      const samples: Record<keyof typeof sides, number[]> = { toolkit: [], 'llama.cpp': [] };
      // The first round warms up: buffers are allocated and their pages first touched.
      for (let round = 0; round <= rounds; round++) {
        for (const side of ['toolkit', 'llama.cpp'] as const) {
          await wait(PAUSE_MILLISECONDS);
          const rate = await run(sides[side]);
          if (round > 0) samples[side].push(rate);
        }
      }
      const [own, other] = [median(samples.toolkit), median(samples['llama.cpp'])];
      results.push({ name, tokens_per_second: samples, ratio: own / other });
      if (!values.json) {
        stdout.write(
          `${name}: ${own.toFixed(0)} tokens/s, llama.cpp ${other.toFixed(0)}: ratio ${(own / other).toFixed(2)}\n`,
        );
      }
    }
    if (values.json) stdout.write(`${JSON.stringify({ threads, model: path, results }, null, 2)}\n`);
    for (const side of Object.values(sides)) await side.dispose();
  } finally {
    await rm(scratch, { recursive: true });
  }
}

try {
  await main();
} catch (error) {
  stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
