import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { CONFIDENCE } from '../../core/evaluation/score-samples.js';
import { taskMeasures } from '../../core/evaluation/task-measures.js';
import { fileNamePart } from '../../core/project/stage-record.js';
import {
  assertBeamsAlone,
  generationOf,
  listConfigurations,
} from '../../core/prompt-engineering/configurations.js';
import { usualMetric, type LabelsBy } from '../../core/prompt-engineering/prompt-task.js';
import { examplesSource } from '../../core/prompt-engineering/prompt-file.js';
import { shotsChart } from '../../core/prompt-engineering/shots-chart.js';
import { writePromptTemplate } from '../../core/prompts/prompt-template.js';
import { judgeShots, type ShotsJudgement } from '../../core/prompts/shots-curve.js';
import { assertBeamSearch } from '../../core/providers/assert-beam-search.js';
import { canonicalJson } from '../../core/providers/canonical-json.js';
import { openProvider } from '../../core/providers/open-provider.js';
import type { Provider } from '../../core/providers/provider.js';
import { parseOptions } from '../parse-options.js';
import {
  compareFirst,
  curveOf,
  measureAll,
  shotsDifference,
  type MeasuredConfiguration,
  type RankedConfiguration,
} from './measured-configurations.js';
import { openPrompts, type OpenPrompts } from './open-prompts.js';
import {
  promptEngineerSchema,
  promptModelSchema,
  promptSweepSchema,
  type PromptEngineerOptions,
  type PromptModelOptions,
  type PromptSweepOptions,
  type PromptSweepSettings,
} from './prompt-engineer-options.js';
import { taskOf, type PromptEngineerPorts, type PromptSweepParts } from './prompt-sweep-parts.js';
import { explainPrompts, type ExplainedPrompt } from './explain-prompts.js';
import { assertInstructionsFit, sentPrompts, type SentPrompt } from './sent-prompts.js';

export { compareConfigurations } from './measured-configurations.js';
export type { MeasuredConfiguration, RankedConfiguration } from './measured-configurations.js';
export type { PromptEngineerPorts } from './prompt-sweep-parts.js';
export type { ExplainedPrompt } from './explain-prompts.js';
export type { SentPrompt } from './sent-prompts.js';
export type { PromptEngineerOptions } from './prompt-engineer-options.js';

/** What a sweep found. */
export interface PromptEngineerResult {
  readonly model: string;
  readonly dataset: { readonly path: string; readonly sha256: string; readonly rows: number };
  readonly metric: string;
  readonly higher_is_better: boolean;
  readonly confidence: number;
  /** How labels were found; `null` where there are none. */
  readonly labels_by: LabelsBy | null;
  readonly examples: string;
  /** Where examples come from; `null` where none are shown. */
  readonly examples_path: string | null;
  readonly seed: number;
  /** The best first; none in a dry run. */
  readonly configurations: readonly RankedConfiguration[];
  /** The best beside the second best, in a sentence. */
  readonly comparison: string | null;
  /** Whether more examples pay with the best prompt and settings. */
  readonly judgement: ShotsJudgement | null;
  readonly sent: readonly SentPrompt[];
  /** With `explainSampling`: how the token after each of these prompts is chosen. */
  readonly next_tokens?: readonly ExplainedPrompt[];
  /** Folder of the files; `null` where nothing is measured. */
  readonly out: string | null;
}

/** A sweep with what further comparisons need. */
export interface PromptSweep {
  readonly result: PromptEngineerResult;
  /** The best first. */
  readonly measured: readonly MeasuredConfiguration[];
}

/** A model that is ready for sweeps. */
export interface PromptEngineer {
  /** @throws ToolkitError as {@link promptEngineer} */
  sweep(options: PromptSweepOptions): Promise<PromptSweep>;
  close(): Promise<void>;
}

/** Folder that sweeps are in unless told otherwise. */
const PROMPT_RUNS_FOLDER = join('runs', 'prompts');

/** Files of a sweep. */
export const SWEEP_FILES = {
  prompt: 'prompt.md',
  results: 'results.json',
  chart: 'shots.svg',
  /** A prompt that is being edited. */
  draft: 'draft.md',
} as const;

/** Folder of the answers in that of a sweep. */
const CACHE_FOLDER = 'cache';

/** Characters of the hash in the name of a sweep's folder. */
const HASH_CHARACTERS = 8;

/**
 * Tries prompts, numbers of examples and settings of generation on rows, ranks them with confidence intervals, and writes
 * the best prompt, the results and the curve of examples against score into a folder. Answers are kept there as they
 * come: a sweep that was stopped goes on where it was.
 *
 * @throws ToolkitError `USAGE` for wrong options; `CONTEXT_OVERFLOW` where an instruction does not fit the context window
 *   even without examples; what prompts, datasets and providers throw
 */
export async function promptEngineer(
  options: PromptEngineerOptions,
  ports: PromptEngineerPorts,
): Promise<PromptEngineerResult> {
  const settings = parseOptions(promptEngineerSchema, options);
  const engineer = await openPromptEngineer(settings, ports);
  try {
    return (await engineer.sweep(settings)).result;
  } finally {
    await engineer.close();
  }
}

/** Makes a model ready for sweeps; it must be closed. */
export async function openPromptEngineer(
  options: PromptModelOptions,
  ports: PromptEngineerPorts,
): Promise<PromptEngineer> {
  const { model, ...others } = parseOptions(promptModelSchema, options);
  const provider = await openProvider(model, ports, others);
  return {
    sweep: (sweep) => runSweep(provider, parseOptions(promptSweepSchema, sweep), ports),
    close: () => provider.close(),
  };
}

async function runSweep(
  provider: Provider,
  settings: PromptSweepSettings,
  ports: PromptEngineerPorts,
): Promise<PromptSweep> {
  const opened = await openPrompts(settings, ports);
  const configurations = listConfigurations(settings.prompts.length, settings.shots, {
    ...{ temperature: settings.temperature, top_k: settings.topK, top_p: settings.topP },
    ...{ min_p: settings.minP, repetition_penalty: settings.repetitionPenalty },
    ...{ max_new_tokens: settings.maxNewTokens, beams: settings.beams },
  });
  const areWritten = opened.prompts.some(({ template }) => template.settings.labels_by === 'generation');
  const comparesLabels =
    opened.isClassification && !areWritten && !settings.generate && !settings.explainSampling;
  const canScore = provider.scoreContinuations !== undefined;
  const sweep: PromptSweepParts = {
    ...{ provider, settings, ports, opened, configurations },
    metric: settings.metric ?? usualMetric(opened.prompts[0]!.template),
    labelsBy: comparesLabels && canScore ? 'likelihood' : 'generation',
  };
  assertSettingsFit(sweep);
  await assertInstructionsFit(sweep);
  const sent = await sentPrompts(sweep);
  if (settings.explainSampling) {
    const result = await resultOf(sweep, [], [], null);
    return { result: { ...result, next_tokens: await explainPrompts(sweep) }, measured: [] };
  }
  if (settings.dryRun) return { result: await resultOf(sweep, [], sent, null), measured: [] };

  const out = settings.out ?? (await usualFolder(sweep));
  await prepareFolder(out, ports);
  const { measured, labelsBy } = await measureAll(sweep, join(out, CACHE_FOLDER));
  const result = await resultOf({ ...sweep, labelsBy }, measured, sent, out);
  await writeFiles(sweep, result, measured, out);
  return { result, measured };
}

/**
 * @throws ToolkitError `USAGE` for settings of generation where nothing is generated, and for those that do not go
 *   together; `UNSUPPORTED` for beams where the provider has none
 */
function assertSettingsFit({ configurations, labelsBy, opened, provider, settings }: PromptSweepParts): void {
  if (labelsBy === 'generation') {
    for (const configuration of configurations) {
      const { template } = opened.prompts[configuration.prompt]!;
      const own = template.settings.generation;
      assertBeamsAlone(own, template.where, configuration);
      assertBeamSearch(provider, generationOf(own, configuration).beams);
    }
    return;
  }
  const [setting = settings.stop && 'stop'] = Object.keys(configurations[0]!.settings);
  if (setting === undefined) return;
  throw new ToolkitError(
    `--${setting.replaceAll('_', '-')}: the likelihoods of labels are compared, and nothing is generated`,
    'USAGE',
    'Leave it out, or have the labels written with --generate.',
  );
}

async function resultOf(
  sweep: PromptSweepParts,
  measured: readonly MeasuredConfiguration[],
  sent: readonly SentPrompt[],
  out: string | null,
): Promise<PromptEngineerResult> {
  const { provider, opened, settings } = sweep;
  const { task } = await taskOf(sweep, sweep.configurations[0]!);
  const { metric } = taskMeasures(task.definition, task.where)[0]!;
  const dataset = { ...pathAndHash(opened), rows: opened.prompts[0]!.rows.length };
  return {
    model: provider.id,
    dataset,
    ...{ metric: metric.id, higher_is_better: metric.higherIsBetter, confidence: CONFIDENCE },
    labels_by: opened.isClassification ? sweep.labelsBy : null,
    ...{ examples: settings.examples, examples_path: opened.examples?.path ?? null, seed: settings.seed },
    configurations: measured.map(({ ranked }, index) => ({ rank: index + 1, ...ranked })),
    comparison: compareFirst(measured),
    judgement: judgementOf(measured, dataset.rows, settings.bar),
    ...{ sent, out },
  };
}

/** Whether more examples pay with the best prompt and settings; `null` where there is no curve to tell by. */
function judgementOf(
  measured: readonly MeasuredConfiguration[],
  rows: number,
  bar: number | undefined,
): ShotsJudgement | null {
  const [best] = measured;
  const points = best === undefined ? [] : curveOf(best, measured).points;
  if (best === undefined || points.length === 0) return null;
  const [least, greatest] = best.measure.metric.range;
  const range = least === null || greatest === null ? undefined : greatest - least;
  return judgeShots(points, { bar, rows, range, difference: shotsDifference(best, measured) });
}

function pathAndHash({ dataset: { path, sha256 } }: OpenPrompts): { path: string; sha256: string } {
  return { path, sha256 };
}

async function usualFolder({
  provider,
  settings,
  opened,
  configurations,
  metric,
  ports,
}: PromptSweepParts): Promise<string> {
  const { examples, examplesFrom, limit, seed, generate } = settings;
  const identity = canonicalJson({
    ...{ configurations, metric, examples, examplesFrom, limit, seed, generate },
    prompts: opened.prompts.map(({ template }) => ({ settings: template.settings, body: template.body })),
    ...{ model: await provider.fingerprint(ports.signal), dataset: opened.dataset.sha256 },
  });
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, HASH_CHARACTERS);
  return join(PROMPT_RUNS_FOLDER, `${fileNamePart(opened.prompts[0]!.template.settings.name)}-${hash}`);
}

/** @throws ToolkitError `USAGE` for a folder of something else */
async function prepareFolder(out: string, { files }: PromptEngineerPorts): Promise<void> {
  const info = await files.stat(out);
  if (info?.kind === 'directory') {
    // Hidden files are the machine's.
    const content = (await files.list(out)).filter((name) => !name.startsWith('.'));
    const own = [CACHE_FOLDER, ...Object.values(SWEEP_FILES)];
    // A prompt by itself may be the user's own; so is a folder where something stands beside such files.
    const isSweep =
      content.every((name) => own.includes(name)) && content.some((name) => name !== SWEEP_FILES.prompt);
    if (content.length > 0 && !isSweep) {
      throw new ToolkitError(
        `--out ${out}: the folder holds something else than a sweep`,
        'USAGE',
        'Name a new folder, or that of the sweep that is to go on.',
      );
    }
  }
  await files.makeDirectory(join(out, CACHE_FOLDER));
}

async function writeFiles(
  sweep: PromptSweepParts,
  result: PromptEngineerResult,
  measured: readonly MeasuredConfiguration[],
  out: string,
): Promise<void> {
  const { files } = sweep.ports;
  const best = measured[0]!;
  await files.writeAtomic(join(out, SWEEP_FILES.prompt), bestPrompt(sweep, result, best, out));
  const curves = new Map(
    measured.map((one) => curveOf(one, measured)).map((curve) => [curve.name, curve] as const),
  );
  const judged = [...curves.values()].filter(({ points }) => points.length > 1);
  // What lies there of an earlier sweep would be taken for this one's.
  if (judged.length === 0) await files.remove(join(out, SWEEP_FILES.chart));
  else {
    await files.writeAtomic(join(out, SWEEP_FILES.chart), shotsChart(judged, best.measure.metric.name));
  }
  await files.writeAtomic(join(out, SWEEP_FILES.results), `${JSON.stringify(result, null, 2)}\n`);
}

/** The best prompt as a file that says all that it was measured with. */
function bestPrompt(
  { opened, settings }: PromptSweepParts,
  { labels_by }: PromptEngineerResult,
  { configuration }: MeasuredConfiguration,
  out: string,
): string {
  const { settings: own, body } = opened.prompts[configuration.prompt]!.template;
  const { shots: count } = configuration;
  return writePromptTemplate({
    settings: {
      ...own,
      ...(labels_by !== null && { labels_by }),
      generation: generationOf(own.generation, configuration),
      shots: {
        ...{ count, strategy: settings.examples, seed: settings.seed },
        ...(count > 0 && examplesSource(opened.examples!, join(out, SWEEP_FILES.prompt))),
      },
    },
    body,
  });
}
