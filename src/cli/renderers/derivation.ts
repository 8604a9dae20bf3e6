import type { Derivation } from '../../core/estimates/figure.js';
import { formatFigure } from '../format.js';

/** A number that is shown together with how it was worked out. */
export interface ExplainedFigure {
  /** What it is, and its value with its unit: `weights: 14.00 GB`. */
  readonly title: string;
  readonly derivation: Derivation;
}

function formatInput(value: number): string {
  const isCount = Number.isInteger(value) && Math.abs(value) < 1e15;
  if (isCount) return value.toLocaleString('en-US');
  return Math.abs(value) >= 1e15 ? value.toExponential(3) : formatFigure(value);
}

/** The formula as people write it. */
function formatFormula(formula: string): string {
  return formula.replace(/\s*\*\s*/g, ' · ').replaceAll('_', ' ');
}

/** Paragraphs that tell how a number was worked out: formula, inputs, source, and what it leaves out. */
export function explain({ title, derivation }: ExplainedFigure): string[] {
  const inputs = Object.entries(derivation.inputs)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${formatInput(value)}`)
    .join('; ');
  return [
    title,
    `  = ${formatFormula(derivation.formula)}`,
    ...(inputs === '' ? [] : [`  with ${inputs}`]),
    `  Source: ${derivation.source}`,
    ...(derivation.leaves_out === undefined ? [] : [`  Leaves out: ${derivation.leaves_out}`]),
  ];
}
