import type { Engine } from '../../../../src/core/engine/engine.js';
import type { Case } from './case.js';
import {
  differences,
  gradientsOf,
  isDifferentiable,
  randomWeights,
  runAll,
  runOnce,
  valuesOf,
  variantsOf,
  type Computation,
} from './case-program.js';
import { gradientProblems } from './finite-differences.js';

async function disagreements(
  engine: Engine,
  reference: Engine,
  cases: readonly Case[],
  parts: readonly Computation[],
): Promise<string[]> {
  const expected = await runAll(reference, parts);
  const actual = await runAll(engine, parts);
  return cases.flatMap(({ name, tolerance }, index) =>
    differences(actual[index]!, expected[index]!, tolerance).map((problem) => `${name}: ${problem}`),
  );
}

/** Where the engine computes something else than the reference engine, in any variant of a case; empty if nowhere. */
export function valueDisagreements(
  engine: Engine,
  reference: Engine,
  cases: readonly Case[],
): Promise<string[]> {
  return disagreements(
    engine,
    reference,
    cases,
    cases.map((each) => valuesOf(each)),
  );
}

/**
 * Where the gradient is another one than the reference engine's, or where that one is not the derivative that finite
 * differences give; empty if nowhere.
 */
export async function gradientDisagreements(
  engine: Engine,
  reference: Engine,
  cases: readonly Case[],
): Promise<string[]> {
  const differentiable: Case[] = [];
  const parts: Computation[] = [];
  const problems: string[] = [];
  for (const each of cases) {
    const { specs } = await runOnce(reference, valuesOf(each, variantsOf(each).slice(0, 1)));
    if (!isDifferentiable(each, Object.values(specs))) continue;
    differentiable.push(each);
    parts.push(gradientsOf(each, randomWeights(Object.values(specs))));
    problems.push(...(await gradientProblems(reference, each)));
  }
  if (parts.length > 0) problems.push(...(await disagreements(engine, reference, differentiable, parts)));
  return problems;
}
