import {
  servingTime,
  USUAL_BANDWIDTH_UTILISATION,
  USUAL_PREFILL_UTILISATION,
} from '../compute/serving-time.js';
import { figure, type Figure } from '../estimates/figure.js';
import { inferenceMemory } from '../memory/inference-memory.js';
import { computeBytes } from '../memory/dtype.js';
import type { MemoryModel } from '../memory/memory-model.js';
import type { PrivacyLevel } from '../scope/privacy-levels.js';
import { DEPLOYMENT_FORMS, type DeploymentForm, type Place } from './deployment-form.js';

/** Hours in a month on average. */
const HOURS_PER_MONTH = 730.5;
const SECONDS_PER_DAY = 86_400;

/** What a model runs on. */
export interface DeploymentMachine {
  readonly place: Exclude<Place, 'browser'>;
  readonly devices: number;
  /** Of each device. */
  readonly memoryBytes: number;
  /** Of each device, in 1e9 bytes a second; `undefined` where nobody knows. */
  readonly bandwidthGbPerSecond: number | undefined;
  /** Of each device, in 1e12 operations a second; `undefined` where nobody knows. */
  readonly tflops: number | undefined;
  /** Shares of the two that programs reach; those of graphics cards unless told. */
  readonly utilisation?: number;
  readonly bandwidthUtilisation?: number;
  readonly usdPerHour: number | undefined;
}

/** What is asked of it; `undefined` and `null` where it does not matter. */
export interface DeploymentNeed {
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Requests at the same moment. */
  readonly concurrent: number;
  readonly requestsPerDay: number | undefined;
  /** Least speed of one answer. */
  readonly tokensPerSecond: number | undefined;
  readonly firstTokenSeconds: number | undefined;
  readonly usdPerMonth: number | undefined;
  readonly privacy: PrivacyLevel | undefined;
}

/** What one form would do. */
export interface PlannedForm {
  readonly id: string;
  readonly title: string;
  readonly memory_bytes: number;
  /** Of one answer; `null` where the machine's speed is not known. */
  readonly tokens_per_second: Figure | null;
  /** Of all answers together. */
  readonly total_tokens_per_second: Figure | null;
  readonly first_token_seconds: Figure | null;
  /** Of a machine that does nothing else, all hours of the month. */
  readonly usd_per_month: Figure | null;
  readonly usd_per_million_tokens: Figure | null;
  /** Why it does not do; empty where it does. */
  readonly problems: readonly string[];
  readonly commands: readonly string[];
}

/** Forms of a model, those that do first, best first. */
export interface DeploymentPlan {
  readonly forms: readonly PlannedForm[];
  /** The first form that does; `null` where none does. */
  readonly recommended: string | null;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Whether a form is for a machine and a demand on privacy: what must stay on users' devices may be in their browsers. */
function isFor(
  form: DeploymentForm,
  { place }: DeploymentMachine,
  privacy: PrivacyLevel | undefined,
): boolean {
  if (privacy === 'on-device')
    return form.isOnDevice && [place, 'browser' as const].some((one) => form.places.includes(one));
  return form.places.includes(place);
}

/**
 * Which form of a model suits: what each takes of memory, how fast it answers, and what its tokens cost, by the estimators.
 * Leaves out that runtimes differ in how well they use a machine: all are given the same share of it.
 */
export function planDeployment(
  model: MemoryModel,
  need: DeploymentNeed,
  machine: DeploymentMachine,
): DeploymentPlan {
  const planned = DEPLOYMENT_FORMS.filter((form) => isFor(form, machine, need.privacy)).map((form) => ({
    form,
    planned: planForm(model, form, need, machine),
  }));
  planned.sort(
    (a, b) =>
      Number(a.planned.problems.length > 0) - Number(b.planned.problems.length > 0) ||
      b.form.fidelity - a.form.fidelity ||
      Number(b.form.isBatched) - Number(a.form.isBatched),
  );
  const best = planned.find((entry) => entry.planned.problems.length === 0);
  return {
    forms: planned.map((entry) => entry.planned),
    recommended: best?.planned.id ?? null,
  };
}

function planForm(
  model: MemoryModel,
  form: DeploymentForm,
  need: DeploymentNeed,
  machine: DeploymentMachine,
): PlannedForm {
  // What does not work on many requests at once answers them one after the other.
  const batch = form.isBatched ? need.concurrent : 1;
  const { parts, total_bytes: memory } = inferenceMemory(model, {
    dtype: form.weights,
    batch,
    context: need.promptTokens + need.outputTokens,
    tensorParallel: machine.devices,
  });
  // Embeddings and heads stay in more bits than the form is called by, and heads are read for every token.
  const weights = parts.find(({ part }) => part === 'weights')!.bytes * machine.devices;
  const speed = speedOf(model, form, { ...need, batch, weightBytes: weights / model.parameters }, machine);
  const cost = costOf(speed?.all, machine);
  return {
    id: form.id,
    title: form.title,
    memory_bytes: memory,
    tokens_per_second: speed?.one ?? null,
    total_tokens_per_second: speed?.all ?? null,
    first_token_seconds: speed?.firstToken ?? null,
    ...cost,
    problems: problemsOf(form, need, machine, memory, speed, cost.usd_per_month),
    commands: form.commands,
  };
}

interface Speed {
  readonly one: Figure;
  readonly all: Figure;
  readonly firstToken: Figure;
}

function speedOf(
  model: MemoryModel,
  form: DeploymentForm,
  {
    promptTokens,
    outputTokens,
    batch,
    weightBytes,
  }: DeploymentNeed & { readonly batch: number; readonly weightBytes: number },
  machine: DeploymentMachine,
): Speed | undefined {
  if (machine.bandwidthGbPerSecond === undefined || machine.tflops === undefined) return undefined;
  const { prefill, decode, output_tokens_per_second } = servingTime(
    model,
    {
      ...{ prompt_tokens: promptTokens, output_tokens: outputTokens, requests: batch, batch },
      weight_bytes: weightBytes,
      cache_bytes: computeBytes(form.weights),
    },
    {
      gpus: machine.devices,
      peak_tflops: machine.tflops,
      utilisation: machine.utilisation ?? USUAL_PREFILL_UTILISATION,
      bandwidth_gb_s: machine.bandwidthGbPerSecond,
      bandwidth_utilisation: machine.bandwidthUtilisation ?? USUAL_BANDWIDTH_UTILISATION,
    },
  );
  return {
    one: figure(
      '1 / decode_seconds',
      { decode_seconds: decode.seconds.value },
      { source: 'one token of every answer in each step' },
    ),
    all: output_tokens_per_second,
    firstToken: prefill.seconds,
  };
}

function costOf(
  all: Figure | undefined,
  { devices, usdPerHour }: DeploymentMachine,
): Pick<PlannedForm, 'usd_per_month' | 'usd_per_million_tokens'> {
  if (usdPerHour === undefined) return { usd_per_month: null, usd_per_million_tokens: null };
  const machines = { devices, usd_per_hour: usdPerHour };
  return {
    usd_per_month: figure(
      'devices * usd_per_hour * hours_per_month',
      { ...machines, hours_per_month: HOURS_PER_MONTH },
      { source: 'the price given, all hours of a month', leavesOut: 'storage, traffic and people' },
    ),
    usd_per_million_tokens:
      all === undefined
        ? null
        : figure(
            '1e6 / tokens_per_second / 3600 * devices * usd_per_hour',
            { tokens_per_second: all.value, ...machines },
            { source: 'hours for a million tokens', leavesOut: 'hours in which nobody asks anything' },
          ),
  };
}

function problemsOf(
  form: DeploymentForm,
  need: DeploymentNeed,
  machine: DeploymentMachine,
  memory: number,
  speed: Speed | undefined,
  usdPerMonth: Figure | null,
): string[] {
  const problems: string[] = [];
  if (memory > machine.memoryBytes) {
    problems.push(`needs ${gigabytes(memory)} of ${gigabytes(machine.memoryBytes)}`);
  }
  const { tokensPerSecond, firstTokenSeconds, requestsPerDay, outputTokens } = need;
  if (speed !== undefined) {
    const { one, all, firstToken } = speed;
    if (tokensPerSecond !== undefined && one.value < tokensPerSecond) {
      problems.push(`writes ${one.value.toFixed(1)} tokens a second of ${tokensPerSecond} that are wanted`);
    }
    if (firstTokenSeconds !== undefined && firstToken.value > firstTokenSeconds) {
      problems.push(`begins after ${firstToken.value.toFixed(1)} s instead of ${firstTokenSeconds} s`);
    }
    const daily = (all.value * SECONDS_PER_DAY) / outputTokens;
    if (requestsPerDay !== undefined && daily < requestsPerDay) {
      problems.push(`answers ${Math.floor(daily)} requests a day of ${requestsPerDay}`);
    }
  }
  if (!form.isBatched && need.concurrent > 1) {
    problems.push(`answers one request after the other, not ${need.concurrent} at once`);
  }
  if (need.usdPerMonth !== undefined && usdPerMonth !== null && usdPerMonth.value > need.usdPerMonth) {
    problems.push(`costs ${usdPerMonth.value.toFixed(0)} USD a month of ${need.usdPerMonth}`);
  }
  return problems;
}
