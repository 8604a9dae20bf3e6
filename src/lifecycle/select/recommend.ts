import { z } from 'zod';
import { parseMemorySize } from '../../core/estimates/memory-size.js';
import { DTYPES, parseDtype, type Dtype } from '../../core/memory/dtype.js';
import { LICENCE_IDS } from '../../core/model-cards/other-licences.js';
import { planProject } from '../../core/scope/plan.js';
import type { Scope } from '../../core/scope/scope.js';
import type { ScopeTaskName } from '../../core/scope/tasks.js';
import { CRITERIA } from '../../core/selection/criteria.js';
import { EXCLUSION_RULES } from '../../core/selection/exclusion-rules.js';
import { COMMERCIAL } from '../../core/selection/filters.js';
import { languageCode } from '../../core/selection/languages.js';
import {
  APPROACHES,
  NEED_DEFAULTS,
  usualApproach,
  usualContext,
  type Approach,
  type SelectionNeed,
} from '../../core/selection/need.js';
import {
  recommendModels,
  type ExcludedModel,
  type RankedModel,
  type WeighedMark,
} from '../../core/selection/recommend.js';
import { instructionRepository, type SelectableModel } from '../../core/selection/selectable-model.js';
import type { FormatMemory } from '../../core/selection/serving-memory.js';
import { parseOptions } from '../parse-options.js';
import { knownName } from './known-name.js';
import { findMachine, type Machine, type MachinePorts } from '../../core/accelerators/machine.js';
import { loadModels, type CataloguePorts } from '../../core/selection/model-catalogue.js';
import { parametersOption } from './parameters-option.js';
import { summarizeModel, type ModelSummary } from './model-summary.js';
import { readScope } from '../../core/scope/read-scope.js';
import { taskOf } from './task-of.js';

/** Stands for no demand on the licence. */
const ANY_LICENCE = 'any';

const count = z.number().int().positive();

const optionsSchema = z.object({
  /** File of a scope; by default scope.yaml where there is one. What is given beside it counts instead of what it says. */
  scope: z.string().min(1).optional(),
  /** A task by its name or an everyday word. */
  task: z.string().optional(),
  /** Codes or English names. */
  language: z.array(z.string()).optional(),
  context: count.optional(),
  batch: count.optional(),
  adapt: z.enum(APPROACHES).optional(),
  /** `commercial`, `any`, or an id. */
  licence: z.string().optional(),
  /** Whether changed weights will be passed on. */
  derivatives: z.boolean().optional(),
  openWeights: z.boolean().default(false),
  domain: z.string().min(1).optional(),
  gpu: z.string().min(1).optional(),
  gpus: z.number().int().min(0).optional(),
  /** Memory of each device, such as `24GB`. */
  memory: z.string().optional(),
  /** Formats of the weights that are allowed. */
  dtype: z.array(z.string()).optional(),
  maxParams: z.string().optional(),
  /** Least speed of one answer; can be held only against an accelerator that is named. */
  tokensPerSecond: z.number().positive().optional(),
});

/** Options of {@link recommend}; each is a flag of `genai select recommend`. */
export type RecommendOptions = z.input<typeof optionsSchema>;
type Options = z.output<typeof optionsSchema>;

/** What {@link recommend} needs. */
export interface RecommendPorts extends CataloguePorts, MachinePorts {
  /** Where the project's scope lies. */
  readonly projectFolder: string;
}

/** A model that may be used. */
export interface RecommendedModel extends ModelSummary {
  readonly rank: number;
  /** Between 0 and 1. */
  readonly score: number;
  /** The repository to use: a variant that follows instructions where the model is prompted. */
  readonly repository: string | null;
  readonly serving: FormatMemory;
  readonly training_bytes: number | null;
  readonly marks: readonly WeighedMark[];
}

/** Models that may be used, best first, and what rules the others out. */
export interface RecommendationResult {
  /** The file that was read; `null` without one. */
  readonly scope: string | null;
  readonly need: {
    readonly task: ScopeTaskName;
    readonly adapt: Approach;
    readonly languages: readonly string[];
    readonly context: number;
    readonly batch: number;
    readonly commercial_use: boolean;
    readonly derivatives: boolean;
    readonly licence: string | null;
    readonly open_weights: boolean;
    readonly domain: string | null;
    readonly formats: readonly Dtype[];
    readonly max_parameters: number | null;
    readonly tokens_per_second: number | null;
  };
  readonly machine: Machine;
  readonly criteria: readonly {
    readonly id: string;
    readonly question: string;
    readonly weight: number;
    readonly source: string;
  }[];
  readonly recommended: readonly RecommendedModel[];
  readonly excluded: readonly {
    readonly id: string;
    readonly reasons: ExcludedModel['reasons'];
    /** What to use instead of a model whose weights were never given out. */
    readonly stands_in: readonly string[];
  }[];
  /** For each rule how many models it rules out, and how many it alone. */
  readonly excluded_by: readonly {
    readonly rule: string;
    readonly title: string;
    readonly models: number;
    readonly alone: number;
  }[];
}

function languagesOf(
  given: readonly string[] | undefined,
  scope: Scope | undefined,
  models: readonly SelectableModel[],
): string[] {
  if (given === undefined) return scope?.languages ?? [];
  const codes = models.flatMap(({ card }) => card.languages);
  return [...new Set(given.map((text) => languageCode(text, codes) ?? knownName('--language', text, codes)))];
}

function formatsOf(given: readonly string[] | undefined): readonly Dtype[] {
  if (given === undefined) return NEED_DEFAULTS.formats;
  return given.map((text) => parseDtype(text) ?? (knownName('--dtype', text, DTYPES) as Dtype));
}

/** Tokens of a sequence as far as the scope tells of them. */
function contextOf(task: ScopeTaskName, scope: Scope | undefined): number {
  const told = (scope?.input_tokens ?? 0) + (scope?.output_tokens ?? 0);
  return told > 0 ? told : usualContext(task);
}

/** Code is a field of its own, which cards speak of. */
function domainOf(
  task: ScopeTaskName,
  given: string | undefined,
  scope: Scope | undefined,
): string | undefined {
  return given ?? scope?.domain.name ?? (task === 'code-generation' ? 'code' : undefined);
}

/** How the plan of the project would have it; a model that is taken as it is must still be run, and may be trained. */
function approachOf(task: ScopeTaskName, scope: Scope | undefined): Approach {
  if (scope === undefined || scope.task !== task) return usualApproach(task);
  const { approach } = planProject(scope);
  if (approach === 'as-is') return usualApproach(task);
  return approach === 'fine-tune' ? 'lora' : 'prompt';
}

function needOf(
  options: Options,
  scope: Scope | undefined,
  machine: Machine,
  models: readonly SelectableModel[],
): SelectionNeed {
  const task = taskOf(options.task, scope);
  const { licence, maxParams } = options;
  const named =
    licence === undefined
      ? undefined
      : knownName('--licence', licence, [
          COMMERCIAL,
          ANY_LICENCE,
          ...LICENCE_IDS,
          ...models.map(({ card }) => card.licence),
        ]);
  return {
    task,
    approach: options.adapt ?? approachOf(task, scope),
    languages: languagesOf(options.language, scope, models),
    context: options.context ?? contextOf(task, scope),
    batch: options.batch ?? scope?.volume.concurrent ?? NEED_DEFAULTS.batch,
    commercialUse: named === undefined ? (scope?.licence.commercial_use ?? false) : named === COMMERCIAL,
    derivatives: options.derivatives ?? scope?.licence.derivatives ?? NEED_DEFAULTS.derivatives,
    licence: named === COMMERCIAL || named === ANY_LICENCE ? undefined : named,
    openWeights: options.openWeights,
    domain: domainOf(task, options.domain, scope),
    capacityBytes: machine.memory_bytes,
    devices: machine.devices,
    formats: formatsOf(options.dtype),
    tokensPerSecond: options.tokensPerSecond ?? scope?.latency.tokens_per_second ?? undefined,
    bytesPerSecond: machine.bytes_per_second ?? undefined,
    maxParameters: parametersOption('--max-params', maxParams),
  };
}

function describeRanked({ model, memory, score, marks }: RankedModel, index: number, need: SelectionNeed) {
  const { card } = model;
  const prompted = need.approach === 'prompt' ? instructionRepository(card) : undefined;
  return {
    ...summarizeModel(model),
    rank: index + 1,
    score,
    repository: prompted ?? card.huggingFaceId,
    serving: memory.serving,
    training_bytes: memory.training_bytes,
    marks,
  };
}

/**
 * Recommends models for a scope, or for what the options say: every model that can do it, best first, with the reasons;
 * and for every other what rules it out. No model is recommended that the licence forbids, whose weights cannot be had,
 * or that the machine cannot hold.
 *
 * @throws ToolkitError `USAGE` without a task, for a scope that cannot be read or a value that is not known; `NOT_FOUND`
 *   for a scope that does not exist
 */
export async function recommend(
  options: RecommendOptions,
  ports: RecommendPorts,
): Promise<RecommendationResult> {
  const chosen = parseOptions(optionsSchema, options);
  const read = await readScope(chosen.scope, ports);
  const models = await loadModels(ports);
  const hardware = read?.scope.hardware;
  const named = chosen.gpu !== undefined || chosen.memory !== undefined;
  const gigabytes = named ? undefined : (hardware?.memory_gb ?? undefined);
  const machine = await findMachine(
    {
      gpu: chosen.gpu ?? (named ? undefined : (hardware?.gpu ?? undefined)),
      gpus: chosen.gpus ?? hardware?.gpus ?? undefined,
      memoryBytes:
        chosen.memory === undefined
          ? gigabytes === undefined
            ? undefined
            : Math.round(gigabytes * 1e9)
          : parseMemorySize(chosen.memory),
    },
    ports,
  );
  const need = needOf(chosen, read?.scope, machine, models);
  const { ranked, excluded } = recommendModels(models, need);
  const isPrompted = need.approach === 'prompt';
  return {
    scope: read?.path ?? null,
    need: {
      task: need.task,
      adapt: need.approach,
      languages: need.languages,
      context: need.context,
      batch: need.batch,
      commercial_use: need.commercialUse,
      derivatives: need.derivatives,
      licence: need.licence ?? null,
      open_weights: need.openWeights,
      domain: need.domain ?? null,
      formats: need.formats,
      max_parameters: need.maxParameters ?? null,
      tokens_per_second: need.tokensPerSecond ?? null,
    },
    machine,
    criteria: CRITERIA.map(({ id, question, weights, source }) => ({
      id,
      question,
      weight: isPrompted ? weights.prompted : weights.trained,
      source,
    })),
    recommended: ranked.map((model, index) => describeRanked(model, index, need)),
    excluded: excluded.map(({ model: { card }, reasons }) => ({
      id: card.id,
      reasons,
      stands_in: card.standsIn ?? [],
    })),
    excluded_by: EXCLUSION_RULES.map(({ id, title }) => {
      const ruledOut = excluded.filter(({ reasons }) => reasons.some(({ rule }) => rule === id));
      return {
        rule: id,
        title,
        models: ruledOut.length,
        alone: ruledOut.filter(({ reasons }) => reasons.length === 1).length,
      };
    })
      .filter(({ models }) => models > 0)
      .sort((a, b) => b.models - a.models),
  };
}
