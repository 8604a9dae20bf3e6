/** One published figure: what it is of, and what its source says. */
export interface EstimateCase {
  readonly id: string;
  readonly group: string;
  /** `formula`, `derived` and `printed` must be met; `measured` and `estimate-table` are compared with. */
  readonly kind: string;
  readonly source: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
  /** Where both are given the wider holds: sources round small figures absolutely and large ones relatively. */
  readonly tolerance: { readonly abs?: number; readonly rel?: number };
  readonly note?: string;
  readonly derived_by?: string;
}

/** A case asks for something that no function answers. */
export class Unanswered extends Error {
  constructor(what: string) {
    super(`no function answers ${what}`);
  }
}

/** What a case gives, with a record of what was read of it: a key that no mapping reads must not pass unseen. */
export class CaseInput {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #expected: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor({ input, expected }: Pick<EstimateCase, 'input' | 'expected'>) {
    this.#fields = input;
    this.#expected = expected;
  }

  has(key: string): boolean {
    this.#read.add(key);
    return this.#fields[key] !== undefined && this.#fields[key] !== null;
  }

  value(key: string): unknown {
    if (!this.has(key)) throw new Unanswered(`an input without ${key}`);
    return this.#fields[key];
  }

  /** The number under the first of these names that is there; sources differ in them. */
  number(...keys: string[]): number {
    const found = keys.filter((key) => this.has(key))[0];
    const value = found === undefined ? undefined : this.#fields[found];
    if (typeof value !== 'number') throw new Unanswered(`an input without ${keys.join(' or ')}`);
    return value;
  }

  numberOr<Fallback>(fallback: Fallback, ...keys: string[]): number | Fallback {
    return keys.filter((key) => this.has(key)).length > 0 ? this.number(...keys) : fallback;
  }

  text(key: string): string {
    return String(this.value(key));
  }

  textOr(fallback: string, key: string): string {
    return this.has(key) ? this.text(key) : fallback;
  }

  /** True for `true`, and for a text that names where something goes, as `"cpu"`. */
  flag(key: string): boolean {
    return this.has(key) && this.#fields[key] !== false && this.#fields[key] !== 'none';
  }

  /** Names of numbers that describe the case but change nothing that is asked for. */
  pass(...keys: string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /** Another figure of the same source, for relations between two of them. */
  published(key: string): number {
    const value = this.#expected[key];
    if (typeof value !== 'number') throw new Unanswered(`this without ${key} beside it`);
    return value;
  }

  unread(): string[] {
    return Object.keys(this.#fields).filter((key) => !this.#read.has(key));
  }
}

export type Answer = number | string;
export type Answerer = (input: CaseInput) => Answer | Promise<Answer>;

/** How one group's expected keys are answered. */
export type GroupAnswers = (key: string) => Answerer | undefined;

/** Answers by the exact key. */
export function answers(table: Readonly<Record<string, Answerer>>): GroupAnswers {
  return (key) => (Object.hasOwn(table, key) ? table[key] : undefined);
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  bytes: 1,
  ...{ mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
};

/** One amount of memory under its name with every unit: `gpu_gb`, `gpu_gib`, ...; the unit alone for an empty name. */
export function inUnits(
  name: string,
  bytes: (input: CaseInput) => number | Promise<number>,
): Record<string, Answerer> {
  return Object.fromEntries(
    Object.entries(UNIT_BYTES).map(([unit, size]) => [
      name === '' ? unit : `${name}_${unit}`,
      async (input: CaseInput) => (await bytes(input)) / size,
    ]),
  );
}
