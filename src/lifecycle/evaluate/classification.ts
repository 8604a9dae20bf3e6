import { resolve } from 'node:path';
import { z } from 'zod';
import { loadWeights } from '../../core/checkpoints/load-weights.js';
import type { PromptCompletionExample } from '../../core/dataset-formats/example.js';
import { readDataset } from '../../core/dataset-formats/read-dataset.js';
import { findSplitFiles } from '../../core/dataset-formats/split-files.js';
import type { Engine } from '../../core/engine/engine.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { loadAdapter } from '../../core/generation/load-adapter.js';
import { openModelSource } from '../../core/generation/load-language-model.js';
import { classificationReport, type ClassificationReport } from '../../core/metrics/classification.js';
import { commandWord } from '../../core/project/command-word.js';
import { pathInProject } from '../../core/project/project-folder.js';
import { fileNamePart, type DoneStep } from '../../core/project/stage-record.js';
import type { ProgressListener } from '../../core/progress/progress-event.js';
import { SequenceScorer } from '../../core/scoring/sequence-scorer.js';
import { encodeExample } from '../../core/training/dataset/encode-example.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';

const optionsSchema = z.object({
  /** Model folder, adapter folder or run folder. */
  model: z.string().min(1),
  adapter: z.string().min(1).optional(),
  /** Prompt/completion rows whose completions are the classes. */
  dataset: z.string().min(1),
  /** Part of a dataset folder that is evaluated on. */
  split: z.enum(['train', 'validation', 'test']).default('test'),
});

/** Options of {@link evaluateClassification}. */
export type ClassificationOptions = z.input<typeof optionsSchema>;

/** What a model got right. */
export interface ClassificationResult extends ClassificationReport {
  readonly model: string;
  readonly adapter: string | null;
  readonly rows: number;
}

/** What {@link evaluateClassification} needs from outside. */
export interface ClassificationPorts {
  readonly files: FileSystem;
  readonly createEngine: () => Promise<Engine>;
  readonly onProgress: ProgressListener;
  readonly signal?: AbortSignal;
}

/** More different completions than this are no classes. */
const MOST_CLASSES = 50;

/**
 * Has a model choose among the completions that occur in a dataset: for each prompt, the one it finds most likely.
 *
 * @throws ToolkitError `BAD_DATASET` when the rows are no classification, and what loading the model throws
 */
export async function evaluateClassification(
  options: ClassificationOptions,
  ports: ClassificationPorts,
): Promise<ClassificationResult> {
  const { model: location, adapter: adapterLocation, dataset, split } = parseOptions(optionsSchema, options);
  const { files, onProgress, signal } = ports;
  const examples = await readRows(files, dataset, split);
  const labels = [...new Set(examples.map(({ completion }) => completion))].sort();
  if (labels.length < 2 || labels.length > MOST_CLASSES) {
    throw new ToolkitError(
      `${dataset}: has ${labels.length} different completions; classification takes 2 to ${MOST_CLASSES}`,
      'BAD_DATASET',
      'Give rows whose completion is a class.',
    );
  }
  const source = await openModelSource(files, { model: location, adapter: adapterLocation });
  const weights = await loadWeights(files, source.folder, source.model, onProgress, signal);
  const adapter =
    source.adapterFolder === undefined
      ? undefined
      : await loadAdapter(files, source.adapterFolder, source.model);
  const settings = { lossOn: 'answer', sequenceLength: source.model.shape.contextLength } as const;
  const sequences = examples.flatMap(({ prompt }) =>
    labels.map((completion) =>
      encodeExample({ kind: 'prompt-completion', prompt, completion }, source.tokenizer, settings),
    ),
  );
  const truncated = sequences.findIndex((sequence) => sequence.truncated);
  if (truncated >= 0) {
    throw new ToolkitError(
      `${dataset}: row ${Math.floor(truncated / labels.length) + 1} does not fit the model's context of ${settings.sequenceLength} tokens`,
      'CONTEXT_OVERFLOW',
      'Shorten that prompt.',
    );
  }

  const engine = await ports.createEngine();
  try {
    const scorer = await SequenceScorer.create(engine, source.model, weights, adapter);
    const total = sequences.length;
    const scores = await scorer.score(sequences, (done) => {
      signal?.throwIfAborted();
      onProgress({ stage: 'evaluate', done, total, unit: 'sequences' });
    });
    await scorer.dispose();
    const predicted = examples.map((_, row) => {
      const own = scores.slice(row * labels.length, (row + 1) * labels.length);
      return own.indexOf(Math.min(...own));
    });
    const truth = examples.map(({ completion }) => labels.indexOf(completion));
    return {
      model: source.folder,
      adapter: source.adapterFolder ?? null,
      rows: examples.length,
      ...classificationReport(
        labels.map((label) => label.trim()),
        truth,
        predicted,
      ),
    };
  } finally {
    await engine.dispose();
  }
}

/** What a project keeps of an evaluation. */
export async function classificationStep(
  project: string,
  options: ClassificationOptions,
  { model, adapter, rows, accuracy, macro_f1 }: ClassificationResult,
  files: FileSystem,
): Promise<DoneStep> {
  const { dataset, split, ...named } = parseOptions(optionsSchema, options);
  const word = (path: string): string => commandWord(pathInProject(project, path));
  const parts = await findSplitFiles(files, dataset);
  const part = parts.length === 1 ? parts[0] : parts.find((file) => file.split === split);
  const isFolder = part?.path !== dataset;
  return {
    stage: 'evaluate',
    name: `evaluate-classification-${fileNamePart(pathInProject(project, adapter ?? model))}`,
    command: [
      `genai evaluate classification ${word(named.model)}`,
      ...(named.adapter === undefined ? [] : [`--adapter ${word(named.adapter)}`]),
      `--dataset ${word(dataset)}`,
      ...(isFolder && split !== 'test' ? [`--split ${split}`] : []),
    ].join(' '),
    inputs: [model, ...(adapter === null ? [] : [adapter]), part?.path ?? dataset].map((path) =>
      resolve(path),
    ),
    results: { accuracy, macro_f1, rows },
  };
}

async function readRows(
  files: FileSystem,
  dataset: string,
  split: 'train' | 'validation' | 'test',
): Promise<PromptCompletionExample[]> {
  const isFolder = (await files.stat(dataset))?.kind === 'directory';
  const { splits, problems } = await readDataset(files, dataset, {});
  const [problem] = problems;
  if (problem !== undefined) {
    throw new ToolkitError(`${problem.file}:${problem.line}: ${problem.why}`, 'BAD_DATASET', 'Mend the row.');
  }
  const rows = isFolder ? splits[split] : splits.train;
  if (rows === undefined) {
    throw new ToolkitError(
      `${dataset}: has no ${split} part`,
      'NOT_FOUND',
      'Choose another --split, or give a file.',
    );
  }
  return rows.map((row) => {
    if (row.kind === 'prompt-completion') return row;
    throw new ToolkitError(
      `${dataset}: classification needs rows of prompt and completion, not ${row.kind}`,
      'BAD_DATASET',
    );
  });
}
