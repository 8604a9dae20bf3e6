import type { ModelKind } from '../architectures/architecture.js';
import type { LicenceId } from './licences.js';

/** What a model learnt from before any tuning. */
export type PretrainingObjective =
  'causal language modelling' | 'masked language modelling' | 'span corruption' | 'denoising';

/** A task by its name on the Hugging Face hub (`pipeline_tag`). */
export type Task =
  | 'text-generation'
  | 'text2text-generation'
  | 'text-classification'
  | 'token-classification'
  | 'fill-mask'
  | 'question-answering'
  | 'summarization'
  | 'translation'
  | 'sentence-similarity'
  | 'feature-extraction';

/** What is published of one model: one file of `cards/`. */
export interface ModelCard {
  /** The card's file name. */
  readonly id: string;
  readonly name: string;
  readonly family: string;
  /** The size as its publisher prints it, e.g. `8B`. */
  readonly label: string;
  readonly organisation: string;
  /** Repository on the Hugging Face hub; `null` where the hub does not hold the weights. */
  readonly huggingFaceId: string | null;
  /** Repositories of the same shape, such as the instruction-tuned or the base model beside this one. */
  readonly variants?: readonly string[];
  /** Year and month, or the year alone. */
  readonly released: string;
  /** `gated`: given to those who accept its licence or ask for it. `closed`: never given out. */
  readonly weights: 'open' | 'gated' | 'closed';
  /** Ids of cards to use instead, nearest first, where the weights cannot be downloaded. */
  readonly standsIn?: readonly string[];
  readonly kind: ModelKind;
  /**
   * The shape under the field names of the published `config.json`. GPT-1, GPT-3 and Jurassic-1, which published
   * none, are described as `gpt2`; PaLM as `palm`, Gopher and Chinchilla as `gopher`, BloombergGPT as `bloom`.
   */
  readonly config: Readonly<Record<string, unknown>> & { readonly model_type: string };
  /** Number of parameters, each counted once: a tied matrix is one. */
  readonly parameters: number;
  /** `exact`: what the shape gives, to the last one. `printed, rounded`: what a paper prints. */
  readonly parametersBasis: 'exact' | 'printed, rounded';
  /** Parameters that one token passes, as published, where tokens are routed between experts. */
  readonly activeParameters?: number;
  /** Number of values in the published files, where it is not `parameters`. */
  readonly storedParameters?: { readonly count: number; readonly reason: string };
  /** Tokens the publisher says it takes; the configuration may have room for more. */
  readonly context: number;
  readonly objective: PretrainingObjective;
  /** Tokens seen in pre-training; `null` where no count was published. */
  readonly trainingTokens: number | null;
  readonly trainingData: string;
  readonly licence: LicenceId;
  readonly tasks: readonly Task[];
  readonly bestUses: readonly string[];
  readonly limits: readonly string[];
  /** ISO 639 codes of the languages its publisher names; `multilingual` stands for more than are named. */
  readonly languages: readonly string[];
  /** Whether `huggingFaceId` itself follows instructions; variants may, where it does not. */
  readonly instructionTuned: boolean;
  /** What was read, and what of it, where that is not all. */
  readonly sources: readonly string[];
  /** Where sources disagree or were mended, and how. */
  readonly note?: string;
}
