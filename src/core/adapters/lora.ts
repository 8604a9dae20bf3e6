import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { LinearLayer, Model, ParameterSpec } from '../architectures/architecture.js';
import type { StateDict } from '../checkpoints/checkpoint.js';
import { dropoutMask } from '../engine/operations/dropout-mask.js';
import { withGradient } from '../engine/operations/operation.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Low-rank adaptation (Hu et al. 2021, arXiv 2106.09685). Field meanings as in PEFT's `LoraConfig`. */
export interface LoraSettings {
  readonly rank: number;
  readonly alpha: number;
  /** Share of the layer's input dropped on the way to the adapter while training. */
  readonly dropout: number;
  /** Module names, or their last parts such as `q_proj`; or one regular expression over the whole name. */
  readonly targets: readonly string[] | string;
  /** Scales by alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski 2023, arXiv 2312.03732). */
  readonly rankStabilized: boolean;
}

/** Factor of the low-rank product. */
export function loraScaling({ alpha, rank, rankStabilized }: LoraSettings): number {
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank);
}

/** Published name of an adapter's matrix. */
export function loraParameterName(module: string, matrix: 'A' | 'B'): string {
  return `base_model.model.${module}.lora_${matrix}.weight`;
}

/**
 * The linear layers that the settings name.
 *
 * @throws ToolkitError `USAGE` for a name that no layer has
 */
export function loraTargets(model: Model, { targets }: LoraSettings): LinearLayer[] {
  const modules = model.linearLayers;
  if (typeof targets === 'string') {
    if (targets === 'all-linear') return [...modules];
    const pattern = new RegExp(`^(?:${targets})$`, 'u');
    const matched = modules.filter(({ module }) => pattern.test(module));
    if (matched.length > 0) return matched;
    throw new ToolkitError(
      `no linear layer matches the LoRA target pattern ${targets}`,
      'USAGE',
      hintForTargets(model),
    );
  }
  const matches = (module: string, target: string): boolean =>
    module === target || module.endsWith(`.${target}`);
  const unknown = targets.filter((target) => !modules.some(({ module }) => matches(module, target)));
  if (unknown.length > 0 || targets.length === 0) {
    const what =
      unknown.length > 0
        ? `${unknown.join(', ')} ${unknown.length === 1 ? 'is' : 'are'} no linear layer of this model`
        : 'no target was given';
    throw new ToolkitError(`LoRA targets: ${what}`, 'USAGE', hintForTargets(model));
  }
  return modules.filter(({ module }) => targets.some((target) => matches(module, target)));
}

function hintForTargets(model: Model): string {
  const names = new Set(model.linearLayers.map(({ module }) => module.split('.').at(-1)!));
  return `Linear layers: ${[...names].join(', ')}, or all-linear.`;
}

/** The adapter's parameters. A starts as PEFT starts it, uniform with Kaiming's bound for slope √5; B at zero. */
export function loraParameters(model: Model, settings: LoraSettings): ParameterSpec[] {
  return loraTargets(model, settings).flatMap(({ module, inputs, outputs }): ParameterSpec[] => [
    {
      name: loraParameterName(module, 'A'),
      shape: [settings.rank, inputs],
      initializer: { kind: 'uniform', bound: 1 / Math.sqrt(inputs) },
    },
    {
      name: loraParameterName(module, 'B'),
      shape: [outputs, settings.rank],
      initializer: { kind: 'constant', value: 0 },
    },
  ]);
}

/**
 * What the adapter adds to each linear layer: `scaling · (x Aᵀ) Bᵀ`.
 *
 * @param parameter looks up the adapter's matrices
 * @param dropoutCounter scalar int32; `undefined` outside training
 */
export function loraAdaptation(
  model: Model,
  settings: LoraSettings,
  parameter: (name: string) => Tensor,
  dropoutCounter: Tensor | undefined,
): (module: string, x: Tensor) => Tensor | undefined {
  const scaling = loraScaling(settings);
  const streams = new Map(loraTargets(model, settings).map(({ module }, index) => [module, index]));
  return (module, x) => {
    const stream = streams.get(module);
    if (stream === undefined) return undefined;
    const [rows, width] = x.shape as [number, number];
    const input =
      dropoutCounter === undefined || settings.dropout === 0
        ? x
        : tf.mul(
            x,
            withoutGradient(() => dropoutMask(rows, width, settings.dropout, dropoutCounter, stream)),
          );
    const a = parameter(loraParameterName(module, 'A')) as Tensor2D;
    const b = parameter(loraParameterName(module, 'B')) as Tensor2D;
    const projected = tf.mul(tf.matMul(input as Tensor2D, a, false, true), scaling); // [rows, rank]
    return tf.matMul(projected, b, false, true);
  };
}

/**
 * What merging the adapter adds to a layer's weight: `scaling · B A`, [outputs, inputs].
 *
 * @param parameter looks up the adapter's matrices
 * @returns `undefined` for layers that are not adapted
 */
export function loraWeightChange(
  model: Model,
  settings: LoraSettings,
  parameter: (name: string) => Tensor,
): (module: string) => Tensor2D | undefined {
  const scaling = loraScaling(settings);
  const adapted = new Set(loraTargets(model, settings).map(({ module }) => module));
  return (module) => {
    if (!adapted.has(module)) return undefined;
    const a = parameter(loraParameterName(module, 'A')) as Tensor2D;
    const b = parameter(loraParameterName(module, 'B')) as Tensor2D;
    return tf.matMul(tf.mul(b, scaling), a);
  };
}

function withoutGradient(compute: () => Tensor): Tensor {
  return withGradient([tf.scalar(0)], compute, () => [tf.scalar(0)]);
}

/**
 * Adds an adapter into the base weights, in place.
 *
 * @param base weights of the model, changed
 * @param adapter its tensors by published name
 */
export function mergeLora(model: Model, settings: LoraSettings, base: StateDict, adapter: StateDict): void {
  const scaling = loraScaling(settings);
  for (const { module, inputs, outputs, inputsFirst } of loraTargets(model, settings)) {
    const weight = base.get(`${module}.weight`)!.data;
    const a = adapter.get(loraParameterName(module, 'A'))!.data; // [rank, inputs]
    const b = adapter.get(loraParameterName(module, 'B'))!.data; // [outputs, rank]
    const row = new Float64Array(inputs);
    for (let output = 0; output < outputs; output++) {
      row.fill(0);
      for (let k = 0; k < settings.rank; k++) {
        const factor = b[output * settings.rank + k]! * scaling;
        for (let input = 0; input < inputs; input++) row[input]! += factor * a[k * inputs + input]!;
      }
      for (let input = 0; input < inputs; input++) {
        weight[inputsFirst ? input * outputs + output : output * inputs + input]! += row[input]!;
      }
    }
  }
}
