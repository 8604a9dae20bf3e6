import { expect, it } from 'vitest';
import { scheduleFactor, SCHEDULES, type Schedule } from '../../../src/core/schedules/schedule.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

interface Case {
  schedule: Schedule;
  warmup_steps: number;
  total_steps: number;
  multipliers: number[];
}

const { cases } = readJson<{ cases: Case[] }>(GOLDEN, 'optimizers', 'schedules.json');

it.each(cases.map((each) => [each.schedule, each.warmup_steps, each.total_steps, each] as const))(
  'follows the schedule of transformers: %s, %d of %d steps of warm-up',
  (schedule, warmup, total, { multipliers }) => {
    multipliers.forEach((expected, step) => {
      expect(scheduleFactor(schedule, step, warmup, total), `step ${step}`).toBeCloseTo(expected, 14);
    });
  },
);

it('has golden multipliers for every schedule', () => {
  expect(new Set(cases.map(({ schedule }) => schedule))).toEqual(new Set(SCHEDULES));
});
