import { basename } from 'node:path';
import type { Clock } from '../../platform/clock.js';
import type { MetricValue } from '../../core/evaluation/evaluation-result.js';
import { loadRows } from '../../core/evaluation/load-rows.js';
import { runEvaluation, type EvaluationInput } from '../../core/evaluation/run-evaluation.js';
import { makeTask } from '../../core/evaluation/task.js';
import { taskOfDataset } from '../../core/evaluation/task-of-dataset.js';
import { openModelSource } from '../../core/generation/load-language-model.js';
import { LocalProvider } from '../../core/providers/local.js';
import type { ProviderPorts } from '../../core/providers/provider-ports.js';
import { withRoundedActivations } from '../../core/quantization/rounded-activations.js';

/** What measuring needs from outside. */
export interface MeasurePorts extends ProviderPorts {
  readonly clock: Clock;
  readonly toolkitVersion: string;
  readonly signal?: AbortSignal | undefined;
}

/** Rows that models are measured on, and tasks made of them. */
export interface Measurement {
  readonly path: string;
  readonly sha256: string;
  readonly rows: number;
  readonly tasks: readonly (Omit<EvaluationInput, 'provider'> & { readonly asChat: boolean })[];
}

const PERPLEXITY = 'perplexity';

/**
 * Reads the rows of a dataset and makes tasks of them: perplexity, and one of the other metrics.
 *
 * @throws ToolkitError `NOT_FOUND`, `BAD_DATASET`, and `USAGE` for metrics that the rows do not fit
 */
export async function openMeasurement(
  settings: {
    readonly path: string;
    readonly split: string;
    readonly limit?: number | undefined;
    readonly metrics: readonly string[];
  },
  { files }: Pick<MeasurePorts, 'files'>,
): Promise<Measurement> {
  const { path, split, limit } = settings;
  const loaded = await loadRows(files, { path, split });
  const rows = loaded.rows.slice(0, limit);
  const others = settings.metrics.filter((metric) => metric !== PERPLEXITY);
  const tasks: Measurement['tasks'][number][] = [];
  for (const metrics of [[PERPLEXITY], others]) {
    if (metrics.length === 0) continue;
    const name = basename(path).replace(/[^\w.-]+/g, '-') || 'dataset';
    const made = taskOfDataset({ name, path, rows, metrics, areLabelsGenerated: false });
    tasks.push({
      ...{ task: await makeTask(made.input, path), rows: made.rows, dataset: loaded, asChat: made.isChat },
    });
  }
  return { path: loaded.path, sha256: loaded.sha256, rows: rows.length, tasks };
}

/**
 * Measures a model in a folder, computed with the numbers that its integers stand for, as other programs compute:
 * products of integers round activations in a way of their own, which may cost more than 8 bits of weights do.
 *
 * @param roundedInputs layers that get their inputs rounded to 8 bits
 */
export async function measureModel(
  folder: string,
  roundedInputs: ReadonlySet<string>,
  { tasks }: Measurement,
  seed: number,
  ports: MeasurePorts,
): Promise<MetricValue[]> {
  const { clock, onProgress, signal, toolkitVersion } = ports;
  const source = await openModelSource(ports.files, { model: folder });
  const model = withRoundedActivations(source.model, roundedInputs);
  const provider = new LocalProvider(folder, { ...source, model, asNumbers: true }, ports);
  try {
    const values: MetricValue[] = [];
    for (const { asChat, ...task } of tasks) {
      const { result } = await runEvaluation(
        { ...task, provider },
        {
          ...{ shotPool: [], shots: 0, seed, slices: [], asChat, toolkitVersion },
          requests: { clock, onProgress, signal },
        },
      );
      values.push(...result.metrics.filter(({ metric }) => !metric.includes('/')));
    }
    return values;
  } finally {
    await provider.close();
  }
}
