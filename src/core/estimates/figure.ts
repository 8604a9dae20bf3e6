import { evaluateFormula } from './formula.js';

/** Where a number comes from: everything that is needed to work it out by hand. */
export interface Derivation {
  /** In terms of the inputs' names, as {@link evaluateFormula} reads it. */
  readonly formula: string;
  readonly inputs: Readonly<Record<string, number>>;
  /** Who published the formula, or the reasoning it follows from. */
  readonly source: string;
  /** What the real figure has that this one has not. */
  readonly leaves_out?: string;
}

/** A number with its derivation; the unit is in the name of the field that holds it. */
export interface Figure extends Derivation {
  readonly value: number;
}

/** What a figure is computed from; see {@link Derivation}. */
export interface FigureNotes {
  readonly source: string;
  readonly leavesOut?: string | undefined;
}

/** Computes a figure from its formula, so that the two cannot differ. */
export function figure(
  formula: string,
  inputs: Readonly<Record<string, number>>,
  { source, leavesOut }: FigureNotes,
): Figure {
  return {
    value: evaluateFormula(formula, inputs),
    formula,
    inputs,
    source,
    ...(leavesOut === undefined ? {} : { leaves_out: leavesOut }),
  };
}

/** One term of an amount of memory. */
export interface MemoryPart {
  /** What it holds, in the field's words and in lower case: `weights`, `gradients`, `key/value cache`. */
  readonly part: string;
  readonly bytes: number;
  readonly derivation: Derivation;
}

/** One term of an amount of memory, in whole bytes. */
export function memoryPart(
  part: string,
  formula: string,
  inputs: Readonly<Record<string, number>>,
  notes: FigureNotes,
): MemoryPart {
  const { value, ...derivation } = figure(formula, inputs, notes);
  return { part, bytes: Math.ceil(value), derivation };
}

/** Sum of the parts: an amount of memory is never anything else. */
export function totalBytes(parts: readonly MemoryPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}
