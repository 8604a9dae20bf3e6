import { join } from 'node:path';
import { z } from 'zod';
import { findAccelerator } from '../../core/accelerators/find-accelerator.js';
import { cheapestPrice } from '../../core/accelerators/prices.js';
import { USUAL_TRAINING_UTILISATION } from '../../core/compute/utilisation.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { parseTokenCount } from '../../core/estimates/token-count.js';
import type { MemoryModel } from '../../core/memory/memory-model.js';
import { parseParameterCount } from '../../core/memory/parameter-count.js';
import { typicalModel } from '../../core/memory/typical-model.js';
import { findModelCard } from '../../core/model-cards/index.js';
import { SCOPE_FILE } from '../../core/project/project-folder.js';
import { planProject, type Advice, type Plan } from '../../core/scope/plan.js';
import { BLOOMBERG_MIX, THRESHOLDS } from '../../core/scope/plan-rules.js';
import { checkScope, type Scope } from '../../core/scope/scope.js';
import { usualContext } from '../../core/selection/need.js';
import { selectableModel } from '../../core/selection/selectable-model.js';
import { wayTo, WAYS, type Way, type WayId } from '../../core/selection/ways.js';
import { parseOptions } from '../parse-options.js';
import { findModel, loadModels, type CataloguePorts } from '../../core/selection/model-catalogue.js';
import { readScope } from '../../core/scope/read-scope.js';
import { taskOf } from './task-of.js';

/** One machine as it is usually rented. */
const USUAL_GPUS = 8;
/** Times that examples are seen in fine-tuning, as is usual (LoRA and FLAN papers: 1 to 5). */
const USUAL_EPOCHS = 3;
const USUAL_GPU = 'h100-sxm';

const optionsSchema = z.object({
  /** A model that is known, or a number of parameters. */
  model: z.string().min(1, 'names no model'),
  scope: z.string().min(1).optional(),
  task: z.string().optional(),
  domain: z.string().min(1).optional(),
  /** Whether its words are rare elsewhere. */
  unusualVocabulary: z.boolean().optional(),
  /** Tokens of text of the domain that may be trained on. */
  domainTokens: z.string().optional(),
  /** Labelled examples at hand. */
  examples: z.number().int().min(0).optional(),
  gpu: z.string().min(1).optional(),
  gpus: z.number().int().positive().optional(),
  /** US dollars for an hour of one GPU. */
  price: z.number().nonnegative().optional(),
  /** US dollars in all. */
  budget: z.number().positive().optional(),
  utilisation: z.number().gt(0).max(1).default(USUAL_TRAINING_UTILISATION),
});

/** Options of {@link trainOrReuse}; each is a flag of `genai select train-or-reuse`. */
export type TrainOrReuseOptions = z.input<typeof optionsSchema>;
type Options = z.output<typeof optionsSchema>;

/** What {@link trainOrReuse} needs. */
export interface TrainOrReusePorts extends CataloguePorts {
  /** Where the project's scope lies. */
  readonly projectFolder: string;
}

/** Ways to a model side by side, and which of them to take first. */
export interface TrainOrReuse {
  readonly model: string;
  readonly parameters: number;
  readonly gpu: string;
  readonly gpus: number;
  readonly usd_per_gpu_hour: number | null;
  readonly price_source: string | null;
  readonly utilisation: number;
  readonly budget_usd: number | null;
  readonly ways: readonly (Way & { readonly within_budget: boolean | null })[];
  readonly recommended: WayId;
  readonly reasons: readonly { readonly text: string; readonly source: string }[];
  /** What was thought of first, where memory or money rule it out. */
  readonly ruled_out: readonly { readonly way: WayId; readonly reason: string }[];
  /** The published model that was trained from scratch for its domain, and what it would take here. */
  readonly reference: {
    readonly name: string;
    readonly parameters: number;
    readonly tokens: number;
    readonly domain_tokens: number;
    readonly general_tokens: number;
    readonly published_gpu_hours: number;
    readonly published_gpu: string;
    readonly gpu_hours_here: number;
    readonly source: string;
  };
}

/** BloombergGPT's run (arXiv 2303.17564, section 3.3 and table 4): 64 machines of 8 A100 with 40 GB, 53 days. */
const BLOOMBERG_RUN = { gpus: 512, days: 53, gpu: 'A100 40GB' } as const;

/** The scope with what the options say in place of its own. */
function scopeOf(options: Options, read: Scope | undefined): Scope {
  const { domain, unusualVocabulary, domainTokens, examples, budget } = options;
  const task = taskOf(options.task, read);
  const base = read ?? { version: 1, name: 'train or reuse' };
  return checkScope({
    ...base,
    task,
    labelled_examples: examples ?? read?.labelled_examples ?? null,
    domain: {
      name: domain ?? read?.domain.name ?? null,
      unusual_vocabulary: unusualVocabulary ?? read?.domain.unusual_vocabulary ?? null,
      tokens_available:
        domainTokens === undefined ? (read?.domain.tokens_available ?? null) : tokensOption(domainTokens),
    },
    budget: { usd: budget ?? read?.budget.usd ?? null, usd_per_month: read?.budget.usd_per_month ?? null },
  });
}

function tokensOption(text: string): number {
  try {
    return parseTokenCount(text);
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    throw new ToolkitError(`--domain-tokens: ${error.message}`, 'USAGE', error.hint, error);
  }
}

async function modelNamed(
  text: string,
  ports: CataloguePorts,
): Promise<{ readonly name: string; readonly model: MemoryModel }> {
  const count = parseParameterCount(text);
  if (count !== undefined) return { name: text, model: typicalModel(count) };
  const { card, memory } = await findModel(text, await loadModels(ports));
  return { name: card.name, model: memory };
}

/** The ways that the plan of the project names, the one to take first on top, and what is left where that cannot be. */
function planned({ approach, pre_training: preTraining }: Plan): WayId[] {
  const continued = preTraining === 'continued' || preTraining === 'task-adaptive';
  return [
    ...(preTraining === 'from-scratch' ? (['from-scratch', 'continued'] as const) : []),
    ...(continued ? (['continued'] as const) : []),
    ...(approach === 'fine-tune' ? (['lora'] as const) : []),
    'prompting',
  ];
}

function reasonOf({ advice, reason, source }: Advice): { text: string; source: string } {
  return { text: `${advice} ${reason}`, source };
}

/**
 * Lays side by side what it takes to use a model that is there — by prompting, LoRA, full fine-tuning or continued
 * pre-training — and to train one of the same size from scratch, and says what to do first.
 *
 * @throws ToolkitError `USAGE` for options that make no sense, `NOT_FOUND` for a model or scope that is not there,
 *   `UNSUPPORTED` for an accelerator whose peak is not known
 */
export async function trainOrReuse(
  options: TrainOrReuseOptions,
  ports: TrainOrReusePorts,
): Promise<TrainOrReuse> {
  const chosen = parseOptions(optionsSchema, options);
  const read = await readScope(chosen.scope, ports);
  const scope = scopeOf(chosen, read?.scope);
  const { name, model } = await modelNamed(chosen.model, ports);
  const accelerator = findAccelerator(chosen.gpu ?? scope.hardware.gpu ?? USUAL_GPU);
  const offer = cheapestPrice(accelerator.id);
  const usdPerGpuHour = chosen.price ?? offer?.usdPerHour ?? null;
  const gpus = chosen.gpus ?? USUAL_GPUS;
  const { utilisation } = chosen;
  const machine = { accelerator, gpus, usdPerGpuHour, utilisation };
  const plan = planProject(scope, read?.path ?? join(ports.projectFolder, SCOPE_FILE));
  const told = (scope.input_tokens ?? 0) + (scope.output_tokens ?? 0);
  const data = {
    examples: Math.max(1, scope.labelled_examples ?? plan.data.examples),
    tokensPerExample: told > 0 ? told : usualContext(scope.task),
    epochs: USUAL_EPOCHS,
    domainTokens: scope.domain.tokens_available || THRESHOLDS.continuedPretraining,
  };
  const budget = scope.budget.usd;
  const ways = WAYS.map((way) => {
    const needs = wayTo(way, model, data, machine);
    const cost = way === 'prompting' ? 0 : needs.cost_usd?.value;
    return { ...needs, within_budget: budget === null || cost === undefined ? null : cost <= budget };
  });
  const candidates = planned(plan).map((id) => ways.find(({ way }) => way === id)!);
  const first = candidates.findIndex(({ fits, within_budget: within }) => fits && within !== false);
  const ruledOut = candidates.slice(0, first);
  return {
    model: name,
    parameters: model.parameters,
    gpu: accelerator.name,
    gpus,
    usd_per_gpu_hour: usdPerGpuHour,
    price_source:
      chosen.price !== undefined
        ? 'as given'
        : offer === undefined
          ? null
          : `${offer.provider}, ${offer.date}`,
    utilisation,
    budget_usd: budget,
    ways,
    recommended: candidates[first]!.way,
    reasons: plan.advice
      .filter(({ topic }) => topic === 'adaptation' || topic === 'pre-training')
      .map(reasonOf),
    ruled_out: ruledOut.map(({ way, fits }) => ({
      way,
      reason: fits ? 'costs more than the budget' : `does not fit into ${gpus} × ${accelerator.name}`,
    })),
    reference: await reference(machine),
  };
}

async function reference(machine: Parameters<typeof wayTo>[3]): Promise<TrainOrReuse['reference']> {
  const card = (await findModelCard('bloomberggpt-50b'))!;
  const tokens = card.trainingTokens!;
  // The same count as for continued pre-training: all weights, on the tokens that were really seen.
  const { gpu_hours: hours } = wayTo(
    'continued',
    selectableModel(card).memory,
    { examples: 0, tokensPerExample: 0, epochs: 0, domainTokens: tokens },
    machine,
  );
  const { gpus, days, gpu } = BLOOMBERG_RUN;
  return {
    name: card.name,
    parameters: card.parameters,
    tokens,
    domain_tokens: BLOOMBERG_MIX.domainTokens,
    general_tokens: BLOOMBERG_MIX.generalTokens,
    published_gpu_hours: gpus * days * 24,
    published_gpu: gpu,
    gpu_hours_here: hours!.value,
    source: card.sources.join('; '),
  };
}
