import { z } from 'zod';
import { findAccelerator } from '../../core/accelerators/find-accelerator.js';
import { findMachine, type Machine, type MachinePorts } from '../../core/accelerators/machine.js';
import { cheapestPrice } from '../../core/accelerators/prices.js';
import { peakRate } from '../../core/compute/peak-rate.js';
import {
  planDeployment,
  type DeploymentMachine,
  type DeploymentNeed,
  type PlannedForm,
} from '../../core/deployment/plan-deployment.js';
import { parseMemorySize } from '../../core/estimates/memory-size.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { commandWord } from '../../core/project/command-word.js';
import { fileNamePart } from '../../core/project/stage-record.js';
import { readScope, type ScopePorts } from '../../core/scope/read-scope.js';
import { PRIVACY_LEVELS, type PrivacyLevel } from '../../core/scope/privacy-levels.js';
import {
  resolveModel,
  type ResolvedModel,
  type ResolveModelPorts,
} from '../../core/selection/resolve-model.js';
import { parseOptions } from '../parse-options.js';

/** Tokens of a request where neither flags nor scope say: a page of text and a paragraph, or as much as there is room for. */
const USUAL_TOKENS = { prompt: 512, output: 128 } as const;

const count = z.number().int().positive();
const amount = z.number().positive();

const optionsSchema = z.object({
  /** As `resolveModel` takes it. */
  model: z.string().min(1),
  /** File of a scope; by default scope.yaml where there is one. Options go before it. */
  scope: z.string().min(1).optional(),
  gpu: z.string().min(1).optional(),
  gpus: z.number().int().min(0).optional(),
  memory: z.string().min(1).optional(),
  promptTokens: count.optional(),
  outputTokens: count.optional(),
  concurrent: count.optional(),
  requestsPerDay: amount.optional(),
  tokensPerSecond: amount.optional(),
  firstTokenSeconds: amount.optional(),
  privacy: z.enum(Object.keys(PRIVACY_LEVELS) as [PrivacyLevel, ...PrivacyLevel[]]).optional(),
  /** US dollars for an hour of one device. */
  price: z.number().nonnegative().optional(),
  usdPerMonth: amount.optional(),
});

/** Options of {@link planDeploymentOf}; each is a flag of `genai deploy plan`. */
export type DeployPlanOptions = z.input<typeof optionsSchema>;

/** How fast a processor is, as measured. */
export interface ProcessorSpeed {
  readonly tflops: number;
  readonly bandwidth_gb_s: number;
}

/** What {@link planDeploymentOf} needs. */
export interface DeployPlanPorts extends ResolveModelPorts, MachinePorts, ScopePorts {
  /** Asked only where the model is to run on this machine's processor. */
  readonly measureProcessor: () => Promise<ProcessorSpeed>;
}

/** Which form of a model suits, with everything the answer rests on. */
export interface DeployPlanResult {
  readonly model: { readonly name: string; readonly parameters: number };
  readonly scope: string | null;
  readonly machine: Machine & {
    readonly place: DeploymentMachine['place'];
    readonly bandwidth_gb_s: number | null;
    readonly tflops: number | null;
    readonly measured: boolean;
    readonly usd_per_hour: number | null;
    readonly price_source: string | null;
  };
  /** What is asked of it; `null` where it does not matter. */
  readonly need: {
    readonly prompt_tokens: number;
    readonly output_tokens: number;
    readonly concurrent: number;
    readonly requests_per_day: number | null;
    readonly tokens_per_second: number | null;
    readonly first_token_seconds: number | null;
    readonly usd_per_month: number | null;
    readonly privacy: PrivacyLevel | null;
  };
  readonly forms: readonly PlannedForm[];
  readonly recommended: string | null;
}

/**
 * Plans how a model is put into use: what suits its scope and machine, what memory it takes, how fast it answers and what
 * its tokens cost.
 *
 * @throws ToolkitError `USAGE` for options that make no sense; `UNSUPPORTED` for a model that does not generate; as
 *   `resolveModel` and `readScope`
 */
export async function planDeploymentOf(
  options: DeployPlanOptions,
  ports: DeployPlanPorts,
): Promise<DeployPlanResult> {
  const chosen = parseOptions(optionsSchema, options);
  const read = await readScope(chosen.scope, ports);
  const scope = read?.scope;
  const resolved = await resolveModel(chosen.model, ports);
  if (resolved.model.shape.kind === 'encoder') {
    throw new ToolkitError(
      `${resolved.name}: is an encoder, which generates nothing; this plan is for models that do`,
      'UNSUPPORTED',
      'Estimate its memory with genai estimate memory.',
    );
  }
  const hardware = scope?.hardware;
  const gpus = chosen.gpus ?? hardware?.gpus ?? undefined;
  const named = {
    // None of them is none, whatever they are called: what is left is the processor.
    gpu: gpus === 0 ? undefined : (chosen.gpu ?? hardware?.gpu ?? undefined),
    gpus,
    memoryBytes:
      chosen.memory === undefined
        ? hardware?.memory_gb == null
          ? undefined
          : hardware.memory_gb * 1e9
        : parseMemorySize(chosen.memory),
  };
  const machine = await findMachine(named, ports);
  const { planned, ...facts } = await describeMachine(machine, named.gpu, chosen.price, ports);
  const { contextLength } = resolved.model.shape;
  const usual = (tokens: number): number =>
    Math.min(tokens, Math.floor((contextLength * tokens) / (USUAL_TOKENS.prompt + USUAL_TOKENS.output)));
  const need: DeploymentNeed = {
    promptTokens: chosen.promptTokens ?? scope?.input_tokens ?? usual(USUAL_TOKENS.prompt),
    outputTokens: chosen.outputTokens ?? scope?.output_tokens ?? usual(USUAL_TOKENS.output),
    concurrent: chosen.concurrent ?? scope?.volume.concurrent ?? 1,
    requestsPerDay: chosen.requestsPerDay ?? scope?.volume.requests_per_day ?? undefined,
    tokensPerSecond: chosen.tokensPerSecond ?? scope?.latency.tokens_per_second ?? undefined,
    firstTokenSeconds: chosen.firstTokenSeconds ?? scope?.latency.first_token_seconds ?? undefined,
    usdPerMonth: chosen.usdPerMonth ?? scope?.budget.usd_per_month ?? undefined,
    privacy: chosen.privacy ?? scope?.privacy ?? undefined,
  };
  if (need.promptTokens + need.outputTokens > contextLength) {
    throw new ToolkitError(
      `${need.promptTokens} tokens of a prompt and ${need.outputTokens} of an answer: ${resolved.name} has ${contextLength} positions`,
      'CONTEXT_OVERFLOW',
      'Give fewer with --prompt-tokens and --output-tokens, or choose a model with a longer context.',
    );
  }
  const { forms, recommended } = planDeployment(resolved.model, need, planned);
  return {
    model: { name: resolved.name, parameters: resolved.model.parameters },
    scope: read?.path ?? null,
    machine: { ...machine, ...facts },
    need: {
      prompt_tokens: need.promptTokens,
      output_tokens: need.outputTokens,
      concurrent: need.concurrent,
      requests_per_day: need.requestsPerDay ?? null,
      tokens_per_second: need.tokensPerSecond ?? null,
      first_token_seconds: need.firstTokenSeconds ?? null,
      usd_per_month: need.usdPerMonth ?? null,
      privacy: need.privacy ?? null,
    },
    forms: forms.map((form) => ({ ...form, commands: commandsOf(form.commands, resolved, chosen.model) })),
    recommended,
  };
}

/** What is not here is pulled first; what is only a number is a model that is still to be found. */
function commandsOf(
  commands: readonly string[],
  { source, repository }: ResolvedModel,
  named: string,
): string[] {
  const name = fileNamePart(named.split(/[\\/]/).findLast((part) => part !== '') ?? named).toLowerCase();
  const isFar = source === 'card' || source === 'hub';
  const model = isFar ? `models/${name}` : source === 'count' ? 'MODEL' : named;
  const pull =
    isFar && repository !== undefined
      ? [`genai select pull ${commandWord(repository)} --out ${commandWord(model)}`]
      : [];
  return [...pull, ...commands].map((command) =>
    command.replaceAll('MODEL', commandWord(model)).replaceAll('NAME', name),
  );
}

/** Speeds that are published of an accelerator, or measured of this machine's processor; the rest is not known. */
async function describeMachine(
  machine: Machine,
  gpu: string | undefined,
  price: number | undefined,
  ports: DeployPlanPorts,
) {
  const accelerator = gpu === undefined || machine.found !== 'named' ? undefined : findAccelerator(gpu);
  const isProcessor = machine.found === 'processor';
  const measured = isProcessor ? await ports.measureProcessor() : undefined;
  const offer = accelerator && cheapestPrice(accelerator.id);
  const tflops = measured?.tflops ?? (accelerator && peakRate(accelerator, 'bf16').tflops);
  const bandwidth = measured?.bandwidth_gb_s ?? accelerator?.bandwidthGbPerSecond;
  const usdPerHour = price ?? offer?.usdPerHour;
  // Memory alone says nothing of a graphics card.
  const place = machine.found === 'graphics card' || gpu !== undefined ? 'graphics card' : 'processor';
  const planned: DeploymentMachine = {
    place,
    devices: machine.devices,
    memoryBytes: machine.memory_bytes,
    bandwidthGbPerSecond: bandwidth,
    tflops,
    // What was measured is what is reached.
    ...(measured && { utilisation: 1, bandwidthUtilisation: 1 }),
    usdPerHour,
  };
  return {
    planned,
    place,
    bandwidth_gb_s: bandwidth ?? null,
    tflops: tflops ?? null,
    measured: isProcessor,
    usd_per_hour: usdPerHour ?? null,
    price_source: price !== undefined ? 'as given' : offer ? `${offer.provider}, ${offer.date}` : null,
  } as const;
}
