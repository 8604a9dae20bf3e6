/**
 * Holds the estimate of the toolkit's own training memory against real runs: random models of several sizes are
 * fine-tuned for two steps each, every run in a process of its own, one after another.
 *
 *     npx tsx scripts/calibrate-memory.ts [--json]
 *
 * It runs the built toolkit, as users do: `npm run build` first. The exit status is 1 where an estimate is further than
 * 15 % from what the operating system counted.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatBytes, formatParameters } from '../src/cli/format.js';
import { systemPorts } from '../src/cli/system-ports.js';
import { renderTable } from '../src/cli/table.js';
import { countParameters } from '../src/core/architectures/architecture.js';
import { readModel } from '../src/core/architectures/index.js';
import { initializeParameters } from '../src/core/architectures/initialize.js';
import { writeModelFolder } from '../src/core/checkpoints/model-folder.js';
import { Random } from '../src/core/training/random.js';
import type { FineTuneResult } from '../src/lifecycle/adapt/fine-tune.js';
import { nodeFileSystem } from '../src/platform/file-system.js';

/** Largest distance of an estimate from the measurement, as a share of the latter. */
const TOLERANCE = 0.15;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOKENIZER = join(ROOT, 'templates', 'starter-model');
const SENTIMENT = join(ROOT, 'datasets', 'sentiment');

type Config = Readonly<Record<string, unknown>>;

function llama(
  layers: number,
  hidden: number,
  feedForward: number,
  heads: number,
  kvHeads: number,
  changed: Config = {},
): Config {
  return {
    model_type: 'llama',
    vocab_size: 4096,
    hidden_size: hidden,
    intermediate_size: feedForward,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    max_position_embeddings: 1024,
    tie_word_embeddings: true,
    ...changed,
  };
}

function gpt2(layers: number, hidden: number, heads: number, vocabulary: number): Config {
  return {
    model_type: 'gpt2',
    vocab_size: vocabulary,
    n_positions: 1024,
    n_embd: hidden,
    n_layer: layers,
    n_head: heads,
  };
}

/** Shapes whose measurements the constants of `toolkit-training-memory.ts` were chosen by, and others. */
const SHAPES: Readonly<Record<string, { readonly config: Config; readonly fitted: boolean }>> = {
  starter: { config: llama(6, 256, 704, 8, 4), fitted: true },
  middle: { config: llama(7, 512, 1408, 8, 4), fitted: true },
  large: { config: llama(8, 768, 2048, 12, 4), fitted: true },
  'large vocabulary': { config: llama(6, 384, 1024, 6, 2, { vocab_size: 49_152 }), fitted: true },
  'GPT-2': { config: gpt2(10, 640, 10, 16_000), fitted: false },
  Qwen3: {
    config: llama(10, 384, 1024, 6, 2, { model_type: 'qwen3', vocab_size: 12_000, head_dim: 64 }),
    fitted: false,
  },
  Mistral: {
    config: llama(9, 320, 1100, 5, 5, {
      ...{ model_type: 'mistral', vocab_size: 8000, tie_word_embeddings: false, sliding_window: 128 },
    }),
    fitted: false,
  },
};

interface Run {
  readonly shape: string;
  readonly method: 'full' | 'lora';
  readonly batch: number;
  readonly sequence: number;
  /** Flags beside these. */
  readonly flags?: readonly string[];
  /** Rows of text that fill every batch unless told. */
  readonly dataset?: string;
}

const RUNS: readonly Run[] = [
  { shape: 'starter', method: 'full', batch: 4, sequence: 128 },
  { shape: 'starter', method: 'full', batch: 8, sequence: 512 },
  { shape: 'starter', method: 'lora', batch: 8, sequence: 512 },
  { shape: 'middle', method: 'full', batch: 4, sequence: 128 },
  { shape: 'middle', method: 'full', batch: 4, sequence: 512 },
  { shape: 'middle', method: 'lora', batch: 4, sequence: 128 },
  { shape: 'middle', method: 'lora', batch: 4, sequence: 512 },
  { shape: 'large', method: 'full', batch: 2, sequence: 256 },
  { shape: 'large', method: 'lora', batch: 2, sequence: 256 },
  { shape: 'large vocabulary', method: 'full', batch: 4, sequence: 256 },
  { shape: 'large vocabulary', method: 'lora', batch: 4, sequence: 256 },
  { shape: 'GPT-2', method: 'full', batch: 3, sequence: 320 },
  { shape: 'GPT-2', method: 'lora', batch: 8, sequence: 200 },
  { shape: 'Qwen3', method: 'full', batch: 3, sequence: 384 },
  { shape: 'Mistral', method: 'full', batch: 2, sequence: 768 },
  {
    ...{ shape: 'middle', method: 'full', batch: 2, sequence: 256 },
    flags: ['--gradient-accumulation-steps', '4'],
  },
  {
    ...{ shape: 'middle', method: 'lora', batch: 4, sequence: 512 },
    flags: ['--lora-targets', 'q_proj,v_proj', '--lora-dropout', '0.1'],
  },
  // Batches of many shapes, and an evaluation.
  {
    ...{ shape: 'starter', method: 'lora', batch: 8, sequence: 256, dataset: SENTIMENT },
    flags: ['--max-steps', '20'],
  },
];

/** What a run said of itself. */
interface Measurement extends Run {
  readonly parameters: number;
  readonly fitted: boolean;
  readonly estimated_bytes: number;
  readonly measured_bytes: number;
  /** Estimate over measurement, less 1. */
  readonly error: number;
}

/** Rows longer than any sequence here. */
function textRows(random: Random): string {
  const words = 'when the ship had left the harbour they saw how far away land would be'.split(' ');
  const row = (): string =>
    Array.from({ length: 1200 }, () => words[random.integer(words.length)]!).join(' ');
  return Array.from({ length: 48 }, () => `${JSON.stringify({ text: row() })}\n`).join('');
}

function measure(folder: string, run: Run): Measurement {
  const { shape, method, batch, sequence, flags = [], dataset } = run;
  const out = join(folder, 'run');
  const text = execFileSync(
    process.execPath,
    [
      ...[join(ROOT, 'bin', 'run.js'), 'adapt', 'fine-tune', '--json', '--quiet'],
      ...['--model', join(folder, shape), '--dataset', dataset ?? join(folder, 'rows.jsonl')],
      ...['--out', out, '--method', method, '--device', 'cpu', '--save-steps', '0'],
      ...['--batch-size', String(batch), '--sequence-length', String(sequence)],
      ...(dataset === undefined ? ['--eval-fraction', '0'] : []),
      ...(flags.includes('--max-steps') ? [] : ['--max-steps', '2']),
      ...flags,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  rmSync(out, { recursive: true });
  const { peak_memory_bytes, estimated_peak_memory_bytes } = JSON.parse(text) as FineTuneResult;
  const { config, fitted } = SHAPES[shape]!;
  return {
    ...run,
    parameters: countParameters(readModel(config).parameters),
    fitted,
    estimated_bytes: estimated_peak_memory_bytes!,
    measured_bytes: peak_memory_bytes,
    error: estimated_peak_memory_bytes! / peak_memory_bytes - 1,
  };
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const folder = mkdtempSync(join(tmpdir(), 'genai-calibrate-'));
const measurements: Measurement[] = [];
try {
  const random = new Random(1);
  writeFileSync(join(folder, 'rows.jsonl'), textRows(random));
  for (const [name, { config }] of Object.entries(SHAPES)) {
    await writeModelFolder(nodeFileSystem, join(folder, name), {
      config,
      state: initializeParameters(readModel(config).parameters, 1),
      storage: 'F32',
      tokenizerFilesFrom: TOKENIZER,
    });
  }
  for (const [index, run] of RUNS.entries()) {
    process.stderr.write(`run ${index + 1} of ${RUNS.length}\r`);
    measurements.push(measure(folder, run));
  }
} finally {
  rmSync(folder, { recursive: true });
}

const percent = (share: number): string => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)} %`;
const worst = Math.max(...measurements.map(({ error }) => Math.abs(error)));
if (values.json) {
  process.stdout.write(`${JSON.stringify({ runs: measurements, largest_error: worst }, null, 2)}\n`);
} else {
  const table = renderTable(
    [
      ...[{ title: 'shape' }, { title: 'parameters', align: 'right' as const }, { title: 'run' }],
      ...['estimated', 'measured', 'error'].map((title) => ({ title, align: 'right' as const })),
    ],
    measurements.map((run) => [
      run.fitted ? run.shape : `${run.shape} (not fitted)`,
      formatParameters(run.parameters),
      [`${run.method} ${run.batch} × ${run.sequence}`, ...(run.flags ?? [])].join(' '),
      formatBytes(run.estimated_bytes),
      formatBytes(run.measured_bytes),
      percent(run.error),
    ]),
    systemPorts().stdout,
  );
  process.stdout.write(
    `${table}\nLargest error ${(100 * worst).toFixed(1)} % of ${measurements.length} runs.\n`,
  );
}
if (worst > TOLERANCE) process.exitCode = 1;
