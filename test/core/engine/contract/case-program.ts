import tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Engine, Program, TensorData, TensorSpec } from '../../../../src/core/engine/engine.js';
import { DEFAULT_TOLERANCE, EXACT, type Case, type Tolerance } from './case.js';
import { floats, type Operand } from './operand.js';

/** Where an operand comes from in one variant of a case. */
type Source = 'fed' | 'constant' | 'filled';

/** One way to hand the operands over: each may be an input of the graph, host data in it, or one number repeated. */
export interface Variant {
  readonly name: string;
  readonly sources: readonly Source[];
}

/** Everything fed, each operand in turn constant or filled, and everything constant. */
export function variantsOf({ operands, neverFilled = [] }: Case): Variant[] {
  const turn = (source: Source, indices: readonly number[]): Variant[] =>
    indices.map((index) => ({
      name: `operand ${index} ${source}`,
      sources: operands.map((_, other) => (other === index ? source : 'fed')),
    }));
  const indices = [...operands.keys()];
  const fillable = indices.filter((index) => !neverFilled.includes(index));
  const all: Variant[] = [
    { name: 'all fed', sources: operands.map(() => 'fed') },
    ...turn('constant', indices),
    ...turn('filled', fillable),
  ];
  return operands.length > 1
    ? [...all, { name: 'all constant', sources: operands.map(() => 'constant') }]
    : all;
}

const inputName = (index: number): string => `x${index}`;

/** A program with what to feed it. */
export interface Computation {
  readonly program: Program;
  readonly feeds: Readonly<Record<string, TensorData>>;
}

function tensorsOf(
  { operands }: Case,
  { sources }: Variant,
  inputs: Readonly<Record<string, Tensor>>,
): Tensor[] {
  return operands.map(({ shape, dtype, data }, index) => {
    if (sources[index] === 'fed') return inputs[inputName(index)]!;
    return sources[index] === 'constant'
      ? tf.tensor(data, [...shape], dtype)
      : tf.fill([...shape], data[0] ?? 0, dtype);
  });
}

function computed(each: Case, tensors: readonly Tensor[]): readonly Tensor[] {
  const results = each.compute(...tensors);
  return Array.isArray(results) ? (results as readonly Tensor[]) : [results as Tensor];
}

function inputsOf({ operands }: Case): Record<string, TensorSpec> {
  return Object.fromEntries(operands.map(({ shape, dtype }, index) => [inputName(index), { shape, dtype }]));
}

function feedsOf({ operands }: Case): Record<string, TensorData> {
  return Object.fromEntries(operands.map(({ data }, index) => [inputName(index), data]));
}

/** Computes a case in several variants: outputs `<variant>: output <index>`. */
export function valuesOf(each: Case, variants: readonly Variant[] = variantsOf(each)): Computation {
  const program: Program = {
    name: each.name,
    inputs: inputsOf(each),
    body: (inputs) =>
      Object.fromEntries(
        variants.flatMap((variant) =>
          computed(each, tensorsOf(each, variant, inputs)).map((tensor, index) => [
            `${variant.name}: output ${index}`,
            tensor,
          ]),
        ),
      ),
  };
  return { program, feeds: feedsOf(each) };
}

const isFloat = ({ dtype }: { readonly dtype: string }): boolean => dtype === 'float32';

/** Indices of the operands that a variant is differentiated by. */
export function differentiated({ operands, withoutGradient = [] }: Case, { sources }: Variant): number[] {
  return [...operands.keys()].filter(
    (index) => sources[index] === 'fed' && isFloat(operands[index]!) && !withoutGradient.includes(index),
  );
}

/** Factors of the outputs in the scalar whose gradient is taken; without them it is the plain sum. */
export type OutputWeights = readonly (Operand | undefined)[];

/** Random factors for every output of a case, the same in all variants. */
export function randomWeights(outputs: readonly TensorSpec[]): OutputWeights {
  return outputs.map((spec) => (isFloat(spec) ? floats(spec.shape, 0.5, 1.5) : undefined));
}

function weightedSum(outputs: readonly Tensor[], weights: OutputWeights | undefined): Tensor {
  const terms = outputs.flatMap((tensor, index) => {
    if (!isFloat(tensor)) return [];
    const weight = weights?.[index];
    const scaled = weight === undefined ? tensor : tf.mul(tensor, tf.tensor(weight.data, [...weight.shape]));
    return [tf.sum(scaled)];
  });
  return terms.length === 1 ? terms[0]! : tf.addN(terms);
}

/** Differentiates the weighted and the plain sum of a case's outputs: outputs `<variant>: d<index>` and `…, plain sum`. */
export function gradientsOf(
  each: Case,
  weights: OutputWeights,
  variants: readonly Variant[] = variantsOf(each),
): Computation {
  const program: Program = {
    name: `gradient of ${each.name}`,
    inputs: inputsOf(each),
    body: (inputs) => {
      const outputs: Record<string, Tensor> = {};
      for (const variant of variants) {
        const moved = differentiated(each, variant);
        if (moved.length === 0) continue;
        for (const [factors, suffix] of [
          [weights, ''],
          [undefined, ', plain sum'],
        ] as const) {
          const gradients = tf.grads((...values: Tensor[]) => {
            const named = moved.map((index, place) => [inputName(index), values[place]!] as const);
            const tensors = tensorsOf(each, variant, { ...inputs, ...Object.fromEntries(named) });
            return weightedSum(computed(each, tensors), factors);
          })(moved.map((index) => inputs[inputName(index)]!));
          moved.forEach((index, place) => {
            outputs[`${variant.name}: d${index}${suffix}`] = gradients[place]!;
          });
        }
      }
      return outputs;
    },
  };
  return { program, feeds: feedsOf(each) };
}

/** Whether a case has anything to differentiate. */
export function isDifferentiable(each: Case, outputs: readonly TensorSpec[]): boolean {
  return each.noGradient === undefined && each.operands.some(isFloat) && outputs.some(isFloat);
}

/** Values by output name, with their shapes and types. */
export interface Computed {
  readonly specs: Readonly<Record<string, TensorSpec>>;
  readonly values: Readonly<Record<string, TensorData>>;
}

/** Why there are no values. */
export interface Failed {
  readonly failure: unknown;
}

/** Compiles and runs a program once. */
export async function runOnce(engine: Engine, { program, feeds }: Computation): Promise<Computed> {
  const executable = await engine.compile(program);
  try {
    return { values: await executable.run(feeds), specs: executable.outputs };
  } finally {
    await executable.dispose();
  }
}

const prefix = (index: number): string => `${index}/`;

const prefixed = <T>(record: Readonly<Record<string, T>>, index: number): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [prefix(index) + name, value]));

function extracted<T>(record: Readonly<Record<string, T>>, index: number): Record<string, T> {
  const own = Object.entries(record).filter(([name]) => name.startsWith(prefix(index)));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix(index).length), value]));
}

/** Many computations as one graph: a session for each would take most of the time. */
function merged(parts: readonly Computation[]): Computation {
  return {
    program: {
      name: 'cases',
      inputs: Object.assign({}, ...parts.map(({ program }, index) => prefixed(program.inputs, index))),
      body: (inputs) =>
        Object.assign(
          {},
          ...parts.map(({ program }, index) => prefixed(program.body(extracted(inputs, index)), index)),
        ),
    },
    feeds: Object.assign({}, ...parts.map(({ feeds }, index) => prefixed(feeds, index))),
  };
}

/** Runs computations together, or one by one where that fails, to tell which of them it was. */
export async function runAll(engine: Engine, parts: readonly Computation[]): Promise<(Computed | Failed)[]> {
  try {
    const { specs, values } = await runOnce(engine, merged(parts));
    return parts.map((_, index) => ({ specs: extracted(specs, index), values: extracted(values, index) }));
  } catch (failure) {
    if (parts.length === 1) return [{ failure }];
    const results: (Computed | Failed)[] = [];
    for (const part of parts) results.push(...(await runAll(engine, [part])));
    return results;
  }
}

function problemOf(
  actual: TensorData,
  expected: TensorData,
  { relative, absolute }: Tolerance,
): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  for (let index = 0; index < expected.length; index++) {
    const [a, e] = [actual[index]!, expected[index]!];
    if (Object.is(a, e) || a === e) continue;
    if (!(Math.abs(a - e) <= absolute + relative * Math.abs(e)))
      return `element ${index} is ${a} instead of ${e}`;
  }
  return undefined;
}

/** What is wrong with the results, output by output; empty if they agree. Integers and truth values agree exactly. */
export function differences(
  actual: Computed | Failed,
  expected: Computed | Failed,
  tolerance: Tolerance = DEFAULT_TOLERANCE,
): string[] {
  if ('failure' in expected) return [`the reference engine fails too: ${String(expected.failure)}`];
  if ('failure' in actual) return [String(actual.failure)];
  return Object.entries(expected.specs).flatMap(([name, spec]) => {
    const own = actual.specs[name];
    if (own === undefined) return [`${name} is missing`];
    const [is, shouldBe] = [own, spec].map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`);
    if (is !== shouldBe) return [`${name} is ${is} instead of ${shouldBe}`];
    const problem = problemOf(
      actual.values[name]!,
      expected.values[name]!,
      isFloat(spec) ? tolerance : EXACT,
    );
    return problem === undefined ? [] : [`${name}: ${problem}`];
  });
}
