import type { Engine } from '../../../../src/core/engine/engine.js';
import { EXACT, WEBGPU_TOLERANCE, type Case, type Tolerance } from './case.js';
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
  type Variant,
} from './case-program.js';
import { gradientProblems } from './finite-differences.js';

/** The cases that mean anything on the device. */
function casesFor({ device }: Engine, cases: readonly Case[]): readonly Case[] {
  return device === 'webgpu' ? cases.filter(({ special, long }) => !special && !long) : cases;
}

/** A GPU gets every operation and type, but not every way to hand operands over: that is decided before it. */
function variantsFor({ device }: Engine, each: Case): Variant[] {
  const variants = variantsOf(each);
  return device === 'webgpu' ? variants.slice(0, 1) : variants;
}

function toleranceOn({ device }: Engine, { tolerance }: Case): Tolerance | undefined {
  return device === 'webgpu' && tolerance !== EXACT ? WEBGPU_TOLERANCE : tolerance;
}

async function disagreements(
  engine: Engine,
  reference: Engine,
  cases: readonly Case[],
  parts: readonly Computation[],
): Promise<string[]> {
  const expected = await runAll(reference, parts);
  const actual = await runAll(engine, parts);
  return cases.flatMap((each, index) =>
    differences(actual[index]!, expected[index]!, toleranceOn(engine, each)).map(
      (problem) => `${each.name}: ${problem}`,
    ),
  );
}

/** Where the engine computes something else than the reference engine, in any variant of a case; empty if nowhere. */
export function valueDisagreements(
  engine: Engine,
  reference: Engine,
  cases: readonly Case[],
): Promise<string[]> {
  const meant = casesFor(engine, cases);
  return disagreements(
    engine,
    reference,
    meant,
    meant.map((each) => valuesOf(each, variantsFor(engine, each))),
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
  for (const each of casesFor(engine, cases)) {
    const { specs } = await runOnce(reference, valuesOf(each, variantsOf(each).slice(0, 1)));
    if (!isDifferentiable(each, Object.values(specs))) continue;
    differentiable.push(each);
    parts.push(gradientsOf(each, randomWeights(Object.values(specs)), variantsFor(engine, each)));
    // The reference engine is the same whatever it is compared with.
    if (engine.device === 'cpu') problems.push(...(await gradientProblems(reference, each)));
  }
  if (parts.length > 0) problems.push(...(await disagreements(engine, reference, differentiable, parts)));
  return problems;
}
