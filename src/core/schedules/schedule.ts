/** Names of learning-rate schedules, as `transformers` calls them. */
export const SCHEDULES = ['constant', 'linear', 'cosine'] as const;

/** A learning-rate schedule by name. */
export type Schedule = (typeof SCHEDULES)[number];

const DECAY: Readonly<Record<Schedule, (progress: number) => number>> = {
  constant: () => 1,
  linear: (progress) => 1 - progress,
  cosine: (progress) => 0.5 * (1 + Math.cos(Math.PI * progress)),
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
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  return Math.max(0, DECAY[schedule](Math.min(1, progress)));
}
