import type { Dimension, GraphBuilder } from '../onnx/graph-builder.js';

/**
 * Sizes that stand for ones which each run may choose. A program sees numbers, as everywhere; these are primes that no
 * size of a model has as a factor, so that any size made from them tells what it was made from. They are beyond the sizes
 * of vocabularies, and no larger than need be: a product of two of them and the widest layer (89,624) is still exact.
 */
const STAND_INS = [317_003, 317_011, 317_021, 317_029] as const;

/** Names of sizes, each with the number that a program sees in its place. */
export function standInSizes<Name extends string>(...names: readonly Name[]): Record<Name, number> {
  if (names.length > STAND_INS.length) throw new Error(`${names.length} sizes are too many to stand in for`);
  return Object.fromEntries(names.map((name, index) => [name, STAND_INS[index]!])) as Record<Name, number>;
}

/** A size as a product: of a number that is known, and of those that a run chooses. */
interface Factors {
  readonly known: number;
  readonly names: readonly string[];
}

/** The sizes of one graph that its runs choose: what they are called, and how the graph itself learns them. */
export class SymbolicSizes {
  private readonly sources = new Map<string, { readonly input: string; readonly axis: number }>();
  private readonly values = new Map<string, string>();

  constructor(
    private readonly graph: GraphBuilder,
    /** Stand-ins by name. */
    private readonly standIns: Readonly<Record<string, number>>,
  ) {}

  /** Declares an input of the graph, from whose shape sizes can be learnt, and returns its name. */
  declare(input: string, shape: readonly number[]): void {
    for (const [axis, size] of shape.entries()) {
      const { known, names } = this.factors(size);
      if (known === 1 && names.length === 1 && !this.sources.has(names[0]!)) {
        this.sources.set(names[0]!, { input, axis });
      }
    }
  }

  /** A shape as a graph's inputs and outputs are declared with. */
  dimensions(shape: readonly number[]): Dimension[] {
    return shape.map((size) => {
      const { known, names } = this.factors(size);
      if (names.length === 0) return size;
      return [...(known === 1 ? [] : [known]), ...names].join(' * ');
    });
  }

  /** Whether a run chooses the size, or a factor of it. */
  isSymbolic(size: number): boolean {
    return this.factors(size).names.length > 0;
  }

  /** Name of an int64 value that lists sizes. */
  list(sizes: readonly number[]): string {
    if (!sizes.some((size) => this.isSymbolic(size))) return this.graph.int64(sizes);
    return this.remember(sizes.join(), () =>
      this.graph.node(
        'Concat',
        sizes.map((size) => this.value(size)),
        { attributes: { axis: 0 } },
      ),
    );
  }

  /** As {@link list}, for a node that works out one of the sizes by itself. */
  target(sizes: readonly number[]): string {
    const symbolic = sizes.filter((size) => this.isSymbolic(size));
    if (symbolic.length !== 1 || sizes.includes(0)) return this.list(sizes);
    return this.graph.int64(sizes.map((size) => (size === symbolic[0] ? -1 : size)));
  }

  /** Name of an int64 list of one size. */
  private value(size: number): string {
    const { known, names } = this.factors(size);
    if (names.length === 0) return this.graph.int64([known]);
    return this.remember(`${size}`, () => {
      const chosen = names.map((name) => this.chosen(name));
      const all = known === 1 ? chosen : [this.graph.int64([known]), ...chosen];
      return all.reduce((product, factor) => this.graph.node('Mul', [product, factor]));
    });
  }

  private chosen(name: string): string {
    const source = this.sources.get(name);
    if (source === undefined) throw new Error(`no input of the graph has the size ${name}`);
    return this.remember(name, () =>
      this.graph.node('Shape', [source.input], {
        attributes: { start: source.axis, end: source.axis + 1 },
      }),
    );
  }

  private remember(key: string, make: () => string): string {
    let value = this.values.get(key);
    if (value === undefined) {
      value = make();
      this.values.set(key, value);
    }
    return value;
  }

  private factors(size: number): Factors {
    let known = size;
    const names: string[] = [];
    for (const [name, standIn] of Object.entries(this.standIns)) {
      while (known !== 0 && known % standIn === 0) {
        known /= standIn;
        names.push(name);
      }
    }
    return { known, names };
  }
}

/** A shape with the sizes of one run in place of those that stood for them. */
export function concreteShape(
  shape: readonly number[],
  standIns: Readonly<Record<string, number>>,
  chosen: Readonly<Record<string, number>>,
): number[] {
  return shape.map((size) => {
    let concrete = size;
    for (const [name, standIn] of Object.entries(standIns)) {
      while (concrete !== 0 && concrete % standIn === 0) {
        const value = chosen[name];
        if (value === undefined) throw new Error(`the run does not say how large ${name} is`);
        concrete = (concrete / standIn) * value;
        if (concrete === 0) break;
      }
    }
    return concrete;
  });
}
