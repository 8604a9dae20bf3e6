import { z } from 'zod';
import { petaflopDays } from '../../core/compute/petaflop-days.js';
import { trainingFlops } from '../../core/compute/training-flops.js';
import { USUAL_TRAINING_UTILISATION } from '../../core/compute/utilisation.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { figure, type Figure } from '../../core/estimates/figure.js';
import { didYouMean } from '../../core/near-matches.js';
import { assessTraining, type Assessment } from '../../core/scaling-laws/assessment.js';
import { equalLossModels, type EqualLossModel } from '../../core/scaling-laws/equal-loss.js';
import { findLaw, SCALING_LAWS } from '../../core/scaling-laws/laws.js';
import { isWithinFit, tokensPerParameter, type ScalingLaw } from '../../core/scaling-laws/scaling-law.js';
import { parseOptions } from '../parse-options.js';
import { resolveModel, type ResolveModelPorts } from '../../core/selection/resolve-model.js';
import { BUDGET_WAYS, trainingBudget, type TrainingBudget } from './training-budget.js';

const positive = z.number().positive();

const optionsSchema = z.object({
  /** As `resolveModel` takes it. */
  model: z.string().min(1).optional(),
  tokens: positive.optional(),
  /** A loss to reach, in nats per token. */
  loss: positive.optional(),
  flops: positive.optional(),
  pfDays: positive.optional(),
  gpuHours: positive.optional(),
  usd: positive.optional(),
  gpu: z.string().min(1).optional(),
  /** US dollars for an hour of one GPU. */
  price: positive.optional(),
  /** Share of the GPU's peak that training reaches. */
  utilisation: positive.max(1).default(USUAL_TRAINING_UTILISATION),
  /** Id of a law; see `SCALING_LAWS`. */
  law: z.string().default('epoch'),
});

/** Options of {@link estimateScaling}: a budget, a size, tokens, a loss; or two of the first three. */
export type EstimateScalingOptions = z.input<typeof optionsSchema>;

/** A size with its data, and what it takes. */
export interface Allocation {
  readonly parameters: Figure;
  readonly tokens: Figure;
  readonly tokens_per_parameter: Figure;
  /** `null` where the law gives none. */
  readonly loss: Figure | null;
}

/** What a law answers to the question. */
export interface LawAnswer extends Allocation {
  readonly law: string;
  readonly title: string;
}

/** Sizes and data that fit each other, with everything they rest on. */
export interface ScalingEstimate {
  /** What was given: the rest was worked out. `training` is a model with its tokens. */
  readonly question: 'budget' | 'model' | 'tokens' | 'loss' | 'training';
  readonly law: {
    readonly id: string;
    readonly title: string;
    readonly source: string;
    readonly fitted_on: string;
  };
  readonly model: {
    readonly name: string;
    readonly parameters: number;
    readonly active_parameters: number;
  } | null;
  readonly budget: TrainingBudget;
  readonly petaflop_days: Figure;
  /** The answer; for a training run, the run itself. */
  readonly allocation: Allocation;
  /** For a training run: how far it is from the best. */
  readonly assessment: Assessment | null;
  /** Other sizes with the same loss. */
  readonly equal_loss: readonly EqualLossModel[];
  /** What every law says to the same question. */
  readonly comparison: readonly LawAnswer[];
  /** Whether the law was fitted on models and data of this size. */
  readonly within_fit: boolean;
}

/** Ids of the laws, for flags and messages. */
const LAW_IDS: readonly string[] = SCALING_LAWS.map(({ id }) => id);

const given = (value: number, name: string): Figure =>
  figure(name, { [name]: value }, { source: 'as given' });

function allocation(law: ScalingLaw, parameters: Figure, tokens: Figure): Allocation {
  return {
    parameters,
    tokens,
    tokens_per_parameter: tokensPerParameter(parameters.value, tokens.value),
    loss: law.predictedLoss?.(parameters.value, tokens.value) ?? null,
  };
}

function optimalAllocation(law: ScalingLaw, flops: number): Allocation {
  return { loss: null, ...law.optimum(flops) };
}

function lawOf(id: string): ScalingLaw {
  const law = findLaw(id);
  if (law !== undefined) return law;
  const near = didYouMean(id, LAW_IDS);
  throw new ToolkitError(
    `--law ${id}: no such law`,
    'USAGE',
    `${near === undefined ? '' : `${near} `}Known: ${LAW_IDS.join(', ')}.`,
  );
}

/** What is wanted, as far as it was given. */
interface Given {
  readonly parameters: number | undefined;
  readonly tokens: number | undefined;
  readonly loss: number | undefined;
  readonly budget: TrainingBudget | undefined;
}

/** The part of the result that depends on the question alone. */
interface Answer {
  readonly question: ScalingEstimate['question'];
  readonly budget: TrainingBudget;
  readonly answerOf: (law: ScalingLaw) => Allocation;
}

function answer(law: ScalingLaw, { parameters, tokens, loss, budget }: Given): Answer {
  const asBudget = (flops: Figure): TrainingBudget => ({ flops, gpu: null, gpu_hours: null });
  if (loss !== undefined) {
    if (parameters !== undefined || tokens !== undefined || budget !== undefined) {
      throw new ToolkitError(
        '--loss: stands alone, without a model, tokens or a budget',
        'USAGE',
        'A loss decides the budget, and the budget decides size and tokens.',
      );
    }
    const flops = law.flopsForLoss?.(loss);
    if (flops === undefined) throw unreachable(law, loss);
    return {
      question: 'loss',
      budget: asBudget(flops),
      answerOf: (each) => optimalAllocation(each, flops.value),
    };
  }
  if (budget !== undefined) {
    const flops = budget.flops.value;
    if (parameters !== undefined && tokens !== undefined) {
      throw new ToolkitError(
        'A model, tokens and a budget are one too many: two of them decide the third',
        'USAGE',
        'Leave one of them out.',
      );
    }
    if (parameters === undefined && tokens === undefined) {
      return { question: 'budget', budget, answerOf: (each) => optimalAllocation(each, flops) };
    }
    const source = { source: 'C = 6ND, solved for what is not given' };
    const size =
      parameters === undefined
        ? figure('flops / (6 * tokens)', { flops, tokens: tokens! }, source)
        : given(parameters, 'parameters');
    const data =
      tokens === undefined
        ? figure('flops / (6 * parameters)', { flops, parameters: parameters! }, source)
        : given(tokens, 'tokens');
    return { question: 'training', budget, answerOf: (each) => allocation(each, size, data) };
  }
  if (parameters !== undefined && tokens !== undefined) {
    return {
      question: 'training',
      budget: asBudget(trainingFlops({ parameters, tokens })),
      answerOf: (each) => allocation(each, given(parameters, 'parameters'), given(tokens, 'tokens')),
    };
  }
  if (parameters !== undefined) {
    return {
      question: 'model',
      budget: asBudget(law.flopsFor(parameters)),
      answerOf: (each) => allocation(each, given(parameters, 'parameters'), each.tokensFor(parameters)),
    };
  }
  if (tokens !== undefined) {
    return {
      question: 'tokens',
      budget: asBudget(law.flopsFor(law.parametersFor(tokens).value)),
      answerOf: (each) => allocation(each, each.parametersFor(tokens), given(tokens, 'tokens')),
    };
  }
  throw new ToolkitError(
    'What is to be scaled is missing: a budget, a model, tokens or a loss',
    'USAGE',
    `Give a budget (${BUDGET_WAYS}), a MODEL, --tokens, a MODEL with --tokens, or --loss.`,
  );
}

function unreachable({ id, predictedLoss }: ScalingLaw, loss: number): ToolkitError {
  return predictedLoss === undefined
    ? new ToolkitError(
        `--law ${id}: predicts no loss`,
        'USAGE',
        'Use --law epoch, hoffmann or kaplan with --loss.',
      )
    : new ToolkitError(
        `--loss ${loss}: by this law no budget reaches it`,
        'USAGE',
        `Choose a loss above ${predictedLoss(Infinity, Infinity).value} nats per token, which no size or data removes.`,
      );
}

/**
 * Size and data that fit each other, from any of budget, size, tokens and loss; or, from two of them, how far they are
 * from the best.
 *
 * @throws ToolkitError `USAGE` for options that make no sense or say too little; and as `resolveModel`
 */
export async function estimateScaling(
  options: EstimateScalingOptions,
  ports: ResolveModelPorts,
): Promise<ScalingEstimate> {
  const { model: name, tokens, loss, law: id, ...spending } = parseOptions(optionsSchema, options);
  const law = lawOf(id);
  const budgetGiven = trainingBudget(spending);
  const resolved = name === undefined ? undefined : await resolveModel(name, ports);
  const parameters = resolved?.model.activeParameters;
  const { question, budget, answerOf } = answer(law, { parameters, tokens, loss, budget: budgetGiven });
  const found = answerOf(law);
  return {
    question,
    law: { id, title: law.title, source: law.source, fitted_on: law.fittedOn },
    model:
      resolved === undefined
        ? null
        : {
            name: resolved.name,
            parameters: resolved.model.parameters,
            active_parameters: resolved.model.activeParameters,
          },
    budget,
    petaflop_days: petaflopDays(budget.flops.value),
    allocation: found,
    assessment:
      question === 'training' ? assessTraining(law, found.parameters.value, found.tokens.value) : null,
    equal_loss: found.loss === null ? [] : equalLossModels(law, found.loss.value),
    // Beside a training run: what each law would have given its size.
    comparison: SCALING_LAWS.map((each) => ({
      law: each.id,
      title: each.title,
      ...(question === 'training'
        ? allocation(each, found.parameters, each.tokensFor(found.parameters.value))
        : answerOf(each)),
    })),
    within_fit: isWithinFit(law, found.parameters.value, found.tokens.value),
  };
}
