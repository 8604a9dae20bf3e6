/** Names of learning-rate schedules, as `transformers` calls them. */
export const SCHEDULES = ['constant', 'linear', 'cosine'] as const;

/** A learning-rate schedule by name. */
export type Schedule = (typeof SCHEDULES)[number];

/** The share of the steps after warm-up that are done and left; they add up to 1 unless there are none. */
interface Progress {
  readonly done: number;
  readonly left: number;
}

const DECAY: Readonly<Record<Schedule, (progress: Progress) => number>> = {
  constant: () => 1,
  linear: ({ left }) => left,
  cosine: ({ done }) => 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done))),
};

/**
 * Factor of the peak learning rate at a step: a linear rise over `warmupSteps`, then the schedule's decay to zero at
 * `totalSteps` (`get_*_schedule_with_warmup` of transformers).
 *
 * @param step counts from 0
 */
export function scheduleFactor(
  schedule: Schedule,
  step: number,
  warmupSteps: number,
  totalSteps: number,
): number {
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  const steps = Math.max(1, totalSteps - warmupSteps);
  const progress = { done: (step - warmupSteps) / steps, left: (totalSteps - step) / steps };
  return Math.max(0, DECAY[schedule](progress));
}
