import { z } from 'zod';
import { findAccelerator } from '../../core/accelerators/find-accelerator.js';
import { usableMemoryBytes } from '../../core/accelerators/accelerator.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { parseMemorySize } from '../../core/estimates/memory-size.js';
import { LICENCE_IDS } from '../../core/model-cards/other-licences.js';
import { findScopeTask, scopeTask } from '../../core/scope/tasks.js';
import {
  COMMERCIAL,
  filterModels,
  usualServing,
  type CardFilters,
  type FilterEffect,
} from '../../core/selection/filters.js';
import { languageCode } from '../../core/selection/languages.js';
import type { SelectableModel } from '../../core/selection/selectable-model.js';
import { mostExactFit, type FormatMemory } from '../../core/selection/serving-memory.js';
import { parseOptions } from '../parse-options.js';
import { knownName } from './known-name.js';
import { loadModels, type CataloguePorts } from '../../core/selection/model-catalogue.js';
import { parametersOption } from './parameters-option.js';
import { LIST_ORDERS } from './list-orders.js';
import { summarizeModel, type ModelSummary } from './model-summary.js';

const KINDS = ['encoder', 'decoder', 'encoder-decoder'];

const optionsSchema = z.object({
  task: z.string().optional(),
  family: z.string().optional(),
  /** A kind of transformer, or the `model_type` of an architecture. */
  arch: z.string().optional(),
  maxParams: z.string().optional(),
  minParams: z.string().optional(),
  minContext: z.number().int().positive().optional(),
  /** An id, or `commercial`. */
  licence: z.string().optional(),
  /** A code or an English name. */
  language: z.string().optional(),
  /** Memory that it must fit into, such as `24GB`. */
  fits: z.string().optional(),
  /** The accelerator whose memory it must fit into. */
  gpu: z.string().optional(),
  openWeights: z.boolean().optional(),
  instructionTuned: z.boolean().optional(),
  sort: z.enum(LIST_ORDERS).default('name'),
  reverse: z.boolean().default(false),
});

/** Options of {@link listModels}; each is a flag of `genai select list`. */
export type ListModelsOptions = z.input<typeof optionsSchema>;
type Options = z.output<typeof optionsSchema>;

/** One model of a list. */
export interface ListedModel extends ModelSummary {
  /** The most exact format in which it fits the memory that was named; `null` where none was. */
  readonly fits_in: FormatMemory | null;
}

/** Models that pass every filter. */
export interface ModelList {
  readonly models: readonly ListedModel[];
  /** How many models there are without any filter. */
  readonly total: number;
  /** What each filter did, the one that removes most first. */
  readonly filters: readonly (Omit<FilterEffect, 'filter'> & { readonly filter: string })[];
}

/** The flag under which each filter is given. */
const FLAGS: Readonly<Record<keyof CardFilters, string>> = {
  task: '--task',
  family: '--family',
  arch: '--arch',
  minParameters: '--min-params',
  maxParameters: '--max-params',
  minContext: '--min-context',
  licence: '--licence',
  language: '--language',
  capacityBytes: '--fits',
  openWeights: '--open-weights',
  instructionTuned: '--instruction-tuned',
};

/** The task of a card that is meant by its name or an everyday word. */
function taskNamed(text: string, models: readonly SelectableModel[]): string {
  const names = models.flatMap(({ card }) => card.tasks);
  const scoped = findScopeTask(text);
  const known = scoped === undefined ? undefined : scopeTask(scoped).hubTasks[0];
  return known ?? knownName('--task', text, names);
}

function languageNamed(text: string, models: readonly SelectableModel[]): string {
  const codes = models.flatMap(({ card }) => card.languages);
  const code = languageCode(text, codes);
  return code ?? knownName('--language', text, codes);
}

function capacityOf({ fits, gpu }: Options): number | undefined {
  if (fits !== undefined && gpu !== undefined) {
    throw new ToolkitError(
      '--fits, --gpu: both name a memory',
      'USAGE',
      'Give the one that the model must fit into.',
    );
  }
  if (gpu !== undefined) return usableMemoryBytes(findAccelerator(gpu));
  return fits === undefined ? undefined : parseMemorySize(fits);
}

function filtersOf(options: Options, models: readonly SelectableModel[]): CardFilters {
  const { task, family, arch, licence, language, minContext, openWeights, instructionTuned } = options;
  const cards = models.map(({ card }) => card);
  const known = (flag: string, value: string | undefined, names: Iterable<string>): string | undefined =>
    value === undefined ? undefined : knownName(flag, value, names);
  const filters = {
    task: task === undefined ? undefined : taskNamed(task, models),
    family: known(
      '--family',
      family,
      cards.map((card) => card.family),
    ),
    arch: known('--arch', arch, [...KINDS, ...cards.map(({ config }) => config.model_type)]),
    licence: known('--licence', licence, [COMMERCIAL, ...LICENCE_IDS, ...cards.map((card) => card.licence)]),
    language: language === undefined ? undefined : languageNamed(language, models),
    minParameters: parametersOption('--min-params', options.minParams),
    maxParameters: parametersOption('--max-params', options.maxParams),
    minContext,
    capacityBytes: capacityOf(options),
    openWeights: openWeights === true ? true : undefined,
    instructionTuned,
  };
  const { minParameters: least, maxParameters: most } = filters;
  if (least !== undefined && most !== undefined && least > most) {
    throw new ToolkitError(
      `--min-params ${least}: more than --max-params ${most}`,
      'USAGE',
      'Exchange the two.',
    );
  }
  return filters;
}

type Key = (model: SelectableModel) => number | string;

const SORT_KEYS: Readonly<Record<(typeof LIST_ORDERS)[number], Key>> = {
  parameters: ({ card }) => card.parameters,
  context: ({ card }) => card.context,
  released: ({ card }) => card.released,
  name: ({ card }) => card.id,
  // What was not published stands before the least.
  tokens: ({ card }) => card.trainingTokens ?? 0,
};

function compareBy(key: Key): (a: SelectableModel, b: SelectableModel) => number {
  return (a, b) => {
    const [left, right] = [key(a), key(b)];
    return typeof left === 'number' && typeof right === 'number'
      ? left - right
      : String(left).localeCompare(String(right), 'en', { numeric: true });
  };
}

/**
 * Lists the models that pass every filter.
 *
 * @throws ToolkitError `USAGE` for a value that no model has, with the nearest that some have; `BAD_CHECKPOINT` for a
 *   card of the user's that was damaged
 */
export async function listModels(options: ListModelsOptions, ports: CataloguePorts): Promise<ModelList> {
  const chosen = parseOptions(optionsSchema, options);
  const models = await loadModels(ports);
  const filters = filtersOf(chosen, models);
  const { kept, effects } = filterModels(models, filters);
  const { capacityBytes, minContext } = filters;
  kept.sort(compareBy(SORT_KEYS[chosen.sort]));
  if (chosen.reverse) kept.reverse();
  return {
    models: kept.map((model) => ({
      ...summarizeModel(model),
      fits_in:
        capacityBytes === undefined
          ? null
          : (mostExactFit(model.memory, usualServing(model, minContext), capacityBytes) ?? null),
    })),
    total: models.length,
    filters: effects.map((effect) => ({
      ...effect,
      filter: effect.filter === 'capacityBytes' && chosen.gpu !== undefined ? '--gpu' : FLAGS[effect.filter],
    })),
  };
}
