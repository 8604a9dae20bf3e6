import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import type { LlamaCpp } from '../../platform/llama-cpp.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { Engine } from '../../core/engine/engine.js';
import { openModelSource } from '../../core/generation/load-language-model.js';
import { compareFiles } from '../../core/exports/verify/compare-files.js';
import {
  comparePredictions,
  compareTexts,
  type VerificationRow,
} from '../../core/exports/verify/compare-runners.js';
import { LIMITS, precisionClass, STORED_LIMITS } from '../../core/exports/verify/limits.js';
import { locateExport, openExport } from '../../core/exports/verify/open-export.js';
import { PROBE_PROSE } from '../../core/exports/verify/probe-texts.js';
import { readProse, readPrompts } from '../../core/exports/verify/read-texts.js';
import { openToolkitRunner } from '../../core/exports/verify/toolkit-runner.js';
import type { ProgressListener } from '../../core/progress/progress-event.js';
import { parseOptions } from '../parse-options.js';

const text = z.string().min(1);

const optionsSchema = z.object({
  /** Exported folder, GGUF or ONNX file, Modelfile, or folder with safetensors. */
  export: text,
  /** What it was made from. */
  against: text,
  adapter: text.optional(),
  /** File of prompts, one on each line. */
  prompts: text.optional(),
  /** Rows that perplexity is taken of. */
  dataset: text.optional(),
  split: text.default('test'),
});

/** Options of {@link verifyExport}. */
export type VerifyOptions = z.input<typeof optionsSchema>;

/** What {@link verifyExport} found. */
export interface VerifyResult {
  readonly export: string;
  readonly target: string;
  readonly precision: string;
  readonly against: string;
  readonly adapter: string | null;
  /** What the export was run in. */
  readonly runtime: string;
  /** Between the original, in float32, and the export. */
  readonly rows: readonly VerificationRow[];
  /** Between the export's weights brought back to numbers, and the export; empty where its runtime computes so itself. */
  readonly stored_rows: readonly VerificationRow[];
  readonly notes: readonly string[];
  readonly verdict: 'pass' | 'fail';
}

/** What {@link verifyExport} needs from outside. */
export interface VerifyPorts {
  readonly files: FileSystem;
  /** One that computes in float32, on the processor. */
  readonly createEngine: () => Promise<Engine>;
  /** `undefined` where llama.cpp is not installed. */
  readonly openLlamaCpp: () => Promise<LlamaCpp | undefined>;
  readonly threads: number;
  readonly onProgress: ProgressListener;
  readonly signal?: AbortSignal | undefined;
}

/** Tokens of a text and its continuation, at most: longer contexts of a model are not needed. */
const CONTEXT_LENGTH = 512;

/**
 * Runs an export in its own runtime, and what it was made from in this toolkit, on the same texts, and compares them.
 *
 * @throws ToolkitError when either cannot be opened; a verdict against the export is no error
 */
export async function verifyExport(options: VerifyOptions, ports: VerifyPorts): Promise<VerifyResult> {
  const { export: path, against, adapter, ...given } = parseOptions(optionsSchema, options);
  const { files } = ports;
  const place = await locateExport(files, path);
  if (place.isAdapterOnly) {
    throw new ToolkitError(
      `${path}: holds an adapter alone, which cannot be run`,
      'UNSUPPORTED',
      'Verify an export of base model and adapter together (genai deploy export --adapter).',
    );
  }
  const source = await openModelSource(files, { model: against, adapter });
  const prompts = given.prompts === undefined ? [] : await readPrompts(files, given.prompts);
  const prose =
    given.dataset === undefined
      ? PROBE_PROSE
      : await readProse(files, given.dataset, given.split, source.tokenizer);

  const engine = await ports.createEngine();
  const open: { dispose(): Promise<void> }[] = [];
  try {
    const running = { ...ports, engine, llama: await ports.openLlamaCpp() };
    const original = await openToolkitRunner(source, 'the original', running);
    open.push(original);
    const contextLength = Math.min(CONTEXT_LENGTH, original.contextLength);
    const { runner, stored, notes } = await openExport(place, contextLength, running);
    open.push(runner, ...(stored === undefined ? [] : [stored]));
    const references = [
      { runner: original, limits: LIMITS[precisionClass(place.precision)] },
      ...(stored === undefined ? [] : [{ runner: stored, limits: STORED_LIMITS }]),
    ];
    const [predictions, storedRows = []] = await comparePredictions(
      references,
      runner,
      { prompts, prose },
      ports,
    );
    const rows = [
      ...(place.manifest === undefined ? [] : [await compareFiles(files, path, place.manifest)]),
      ...compareTexts(original, runner, prompts),
      ...predictions!,
    ];
    const isSame = [...rows, ...storedRows].every(({ verdict }) => verdict !== 'fail');
    return {
      export: path,
      target: place.target,
      precision: place.precision,
      against,
      adapter: adapter ?? null,
      runtime: runner.name,
      rows,
      stored_rows: storedRows,
      notes,
      verdict: isSame ? 'pass' : 'fail',
    };
  } finally {
    for (const one of open) await one.dispose();
    await engine.dispose();
  }
}
