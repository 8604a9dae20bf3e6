/** Something a user could do so that less memory is needed. */
export interface Change<Options> {
  /** As a user would say it, of the options it leads to: `sequences of 1,024 tokens`. */
  describe(after: Options): string;
  /** What it costs: `a third more computation`. Of changes in a row with the same price the last is reported. */
  readonly price: string;
  /** The options after it; `undefined` where it cannot be made, or has been. */
  apply(options: Options): Options | undefined;
}

/** A change with what it saves after those before it. */
export interface AppliedChange {
  readonly description: string;
  readonly price: string;
  readonly saved_bytes: number;
  /** What is needed once it is made too. */
  readonly total_bytes: number;
}

/** How to make something fit. */
export interface FittingPlan<Options> {
  readonly fits: boolean;
  /** In the order in which they should be made. */
  readonly changes: readonly AppliedChange[];
  /** The options with all changes made. */
  readonly options: Options;
}

/** A change that saves less than this share is not worth a line. */
const SMALLEST_SAVING = 0.01;

/**
 * The cheapest changes that make something fit: they are tried in the order given, cheapest first, until it fits; then
 * every one without which it would still fit is dropped, the dearest first. Where all of them together are not enough,
 * all that save something are returned and `fits` is false.
 *
 * @param measure bytes needed under some options; throws where they make no sense together
 */
export function planToFit<Options>(
  options: Options,
  changes: readonly Change<Options>[],
  measure: (options: Options) => number,
  capacityBytes: number,
): FittingPlan<Options> {
  const chosen: Change<Options>[] = [];
  const before = measure(options);
  let { total, result } = { total: before, result: options };
  for (const change of changes) {
    if (total <= capacityBytes) break;
    const next = change.apply(result);
    if (next === undefined) continue;
    const needed = measure(next);
    if (total - needed < SMALLEST_SAVING * before) continue;
    chosen.push(change);
    [total, result] = [needed, next];
  }
  if (total <= capacityBytes) {
    // The last one is needed, or the loop had ended before it.
    for (let index = chosen.length - 2; index >= 0; index--) {
      const without = applyAll(options, chosen.toSpliced(index, 1));
      if (without !== undefined && measure(without) <= capacityBytes) chosen.splice(index, 1);
    }
  }
  return { fits: total <= capacityBytes, ...report(options, chosen, measure) };
}

function applyAll<Options>(options: Options, changes: readonly Change<Options>[]): Options | undefined {
  return changes.reduce<Options | undefined>(
    (current, change) => (current === undefined ? undefined : change.apply(current)),
    options,
  );
}

function report<Options>(
  options: Options,
  chosen: readonly Change<Options>[],
  measure: (options: Options) => number,
): Pick<FittingPlan<Options>, 'changes' | 'options'> {
  let current = options;
  let total = measure(options);
  const changes: AppliedChange[] = [];
  for (const change of chosen) {
    const { price } = change;
    current = change.apply(current) ?? current;
    const needed = measure(current);
    // Halved, and halved again: one change to the user.
    const before = changes.at(-1)?.price === price ? changes.pop() : undefined;
    changes.push({
      description: change.describe(current),
      price,
      saved_bytes: total - needed + (before?.saved_bytes ?? 0),
      total_bytes: needed,
    });
    total = needed;
  }
  return { changes, options: current };
}
