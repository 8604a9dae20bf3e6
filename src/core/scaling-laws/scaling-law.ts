import { figure, type Figure } from '../estimates/figure.js';

/** How a training budget is best spent. */
export interface Optimum {
  readonly parameters: Figure;
  readonly tokens: Figure;
  readonly tokens_per_parameter: Figure;
  /** In nats per token; absent from laws that say only how to divide a budget. */
  readonly loss?: Figure;
}

/** The smallest and the largest that a law was fitted on. */
export type Range = readonly [low: number, high: number];

/** A published law of how size, data and compute decide the loss of a language model. */
export interface ScalingLaw {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** What it was fitted on, in a sentence for people. */
  readonly fittedOn: string;
  readonly fittedParameters: Range;
  readonly fittedTokens: Range;
  /** Size and data with the least loss for a budget. */
  optimum(flops: number): Optimum;
  /** Tokens with which a model of this size is compute-optimal. */
  tokensFor(parameters: number): Figure;
  /** Size for which these tokens are compute-optimal. */
  parametersFor(tokens: number): Figure;
  /** The budget that is best spent on a model of this size. */
  flopsFor(parameters: number): Figure;
  /** Loss in nats per token; absent from laws that say only how to divide a budget. */
  readonly predictedLoss?: (parameters: number, tokens: number) => Figure;
  /**
   * The smallest budget that reaches a loss.
   * @returns `undefined` for a loss that no budget reaches
   */
  readonly flopsForLoss?: (loss: number) => Figure | undefined;
  /**
   * Tokens with which a model of this size reaches a loss.
   * @returns `undefined` for a loss that a model of this size never reaches
   */
  readonly tokensForLoss?: (parameters: number, loss: number) => Figure | undefined;
}

/** Tokens for each parameter. */
export function tokensPerParameter(parameters: number, tokens: number): Figure {
  return figure('tokens / parameters', { tokens, parameters }, { source: 'definition' });
}

/** Whether a law is asked for no more than it was fitted on. */
export function isWithinFit(
  { fittedParameters, fittedTokens }: ScalingLaw,
  parameters: number,
  tokens: number,
): boolean {
  const isWithin = ([low, high]: Range, value: number): boolean => low <= value && value <= high;
  return isWithin(fittedParameters, parameters) && isWithin(fittedTokens, tokens);
}
