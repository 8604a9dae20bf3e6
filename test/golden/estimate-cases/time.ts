import {
  carbonKg,
  costUsd,
  energyKwh,
  gpuHours,
  impliedMfu,
  secondsAtSpeed,
  secondsForFlops,
  secondsOfGpuHours,
  stepSeconds,
  trainingDays,
  USUAL_PUE,
  type GpuGroup,
} from '../../../src/core/compute/index.js';
import { answers, type CaseInput } from './case-input.js';
import { mfuOfSpeed } from './utilisation.js';

const SECONDS_PER_DAY = 86_400;

function gpusOf(input: CaseInput): GpuGroup {
  const gpus = input.number('gpus', 'chips');
  if (input.has('tflops_per_gpu')) return { gpus, tflops_per_gpu: input.number('tflops_per_gpu') };
  return { gpus, peak_tflops: input.number('peak_tflops'), utilisation: input.number('utilisation', 'mfu') };
}

const perPair = (input: CaseInput): number =>
  input.numberOr(6, 'flops_per_param_token', 'flops_per_param_per_token');

function daysAtSpeed(input: CaseInput): number {
  const gpus = input.has('tokens_per_s_per_gpu') ? input.number('gpus') : 1;
  const tokens_per_second = gpus * input.number('tokens_per_s', 'tokens_per_s_per_gpu');
  input.pass('params', 'gpus');
  return secondsAtSpeed({ tokens: input.number('tokens'), tokens_per_second }).value / SECONDS_PER_DAY;
}

function days(input: CaseInput): number {
  if (input.has('steps')) {
    return trainingDays({ steps: input.number('steps'), step_seconds: input.number('step_s') }).value;
  }
  if (input.has('gpu_hours')) {
    const run = { gpus: input.number('gpus'), gpu_hours: input.number('gpu_hours') };
    return secondsOfGpuHours(run).value / SECONDS_PER_DAY;
  }
  if (input.has('tokens_per_s') || input.has('tokens_per_s_per_gpu')) return daysAtSpeed(input);
  if (input.has('flops')) return secondsForFlops(input.number('flops'), gpusOf(input)).value / SECONDS_PER_DAY;
  return trainingDays({
    ...gpusOf(input),
    ...{ parameters: input.number('params'), tokens: input.number('tokens') },
    flops_per_parameter_token: perPair(input),
  }).value;
}

function hours(input: CaseInput): number {
  if (input.has('gpu_hours')) return input.number('gpu_hours');
  const seconds = SECONDS_PER_DAY * (input.has('days') ? input.number('days') : days(input));
  return gpuHours({ gpus: input.number('gpus', 'chips'), seconds }).value;
}

function energy(input: CaseInput): number {
  const tdp_w = input.number('tdp_w', 'tdp_watts', 'watts');
  return energyKwh({ gpu_hours: hours(input), tdp_w, pue: input.numberOr(USUAL_PUE, 'pue') }).value;
}

function carbon(input: CaseInput): number {
  if (input.has('energy_mwh')) {
    const energy_kwh = 1000 * input.number('energy_mwh');
    return carbonKg({ energy_kwh, g_per_kwh: gramsPerKwh(input) }).value;
  }
  return carbonKg({ energy_kwh: energy(input), g_per_kwh: gramsPerKwh(input) }).value;
}

/** LLaMA's paper counts 0.385 kg for each kWh. */
function gramsPerKwh(input: CaseInput): number {
  if (input.has('kg_per_kwh')) return 1000 * input.number('kg_per_kwh');
  return input.numberOr(385, 'g_per_kwh', 'carbon_g_per_kwh');
}

const cost = (input: CaseInput): number =>
  costUsd({ gpu_hours: hours(input), usd_per_gpu_hour: input.number('usd_per_gpu_hour', 'usd_per_hour') }).value;

export const time = answers({
  days,
  hours: (input) => 24 * days(input),
  step_s: (input) =>
    stepSeconds({
      ...gpusOf(input),
      ...{ parameters: input.number('params'), tokens_per_step: input.number('tokens_per_step') },
      flops_per_parameter_token: perPair(input),
    }).value,
  gpu_hours: hours,
  implied_mfu: (input) =>
    impliedMfu({
      ...{ parameters: input.number('params'), tokens: input.number('tokens'), gpu_hours: hours(input) },
      ...{ peak_tflops: input.number('peak_tflops'), flops_per_parameter_token: perPair(input) },
    }).value,
  mfu: mfuOfSpeed,
  energy_kwh: energy,
  energy_mwh: (input) => energy(input) / 1000,
  mwh: (input) => energy(input) / 1000,
  carbon_kg: carbon,
  carbon_t: (input) => carbon(input) / 1000,
  tco2: (input) => carbon(input) / 1000,
  tco2eq: (input) => carbon(input) / 1000,
  cost_usd: cost,
  usd: cost,
});
