import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import type { LinearLayers, MemoryModel } from './memory-model.js';

type Layers = MemoryModel['linearLayers'];

/** Parameters of LoRA adapters on these layers: rank · (inputs + outputs) each (Hu et al. 2021, arXiv 2106.09685). */
export function loraParameters(layers: Layers, rank: number): number {
  return layers.reduce((sum, { inputs, outputs, count }) => sum + count * rank * (inputs + outputs), 0);
}

/** Which linear layers have an adapter: all inside the blocks, or those whose names are or end in one of these. */
export type LoraTargets = 'all-linear' | readonly string[];

/** The layers that the targets name, and the targets that name none. */
export function adaptedLayers(layers: Layers, targets: LoraTargets): { adapted: Layers; unknown: string[] } {
  if (targets === 'all-linear') return { adapted: layers, unknown: [] };
  const isNamed = (module: string, target: string): boolean =>
    module === target || module.endsWith(`.${target}`);
  return {
    adapted: layers.filter(({ module }) => targets.some((target) => isNamed(module, target))),
    unknown: targets.filter((target) => !layers.some(({ module }) => isNamed(module, target))),
  };
}

/** The last parts of the layers' names, each once. */
export function targetNames(layers: Layers): string[] {
  return [...new Set(layers.map(({ module }) => module.split('.').at(-1)!))];
}

/** A decoder of equal blocks, as far as its adapters are concerned. */
export interface LoraShape {
  readonly layers: number;
  readonly hidden: number;
  /** Width of all queries together; by default the hidden width. */
  readonly queryWidth?: number;
  /** Width of all keys together, and of all values; narrower than the queries where heads share them. */
  readonly keyValueWidth?: number;
  /** Needed for targets in the feed-forward network. */
  readonly feedForward?: number;
}

/** The linear layers of such a decoder, with the names that LLaMA gives them. */
function blockLayers(shape: LoraShape): LinearLayers[] {
  const { layers: count, hidden, queryWidth = hidden, keyValueWidth = queryWidth, feedForward } = shape;
  const attention = [
    { module: 'q_proj', inputs: hidden, outputs: queryWidth, count },
    { module: 'k_proj', inputs: hidden, outputs: keyValueWidth, count },
    { module: 'v_proj', inputs: hidden, outputs: keyValueWidth, count },
    { module: 'o_proj', inputs: queryWidth, outputs: hidden, count },
  ];
  if (feedForward === undefined) return attention;
  return [
    ...attention,
    { module: 'gate_proj', inputs: hidden, outputs: feedForward, count },
    { module: 'up_proj', inputs: hidden, outputs: feedForward, count },
    { module: 'down_proj', inputs: feedForward, outputs: hidden, count },
  ];
}

/**
 * Parameters of LoRA adapters in a decoder known by its widths: 2 · rank · hidden for each square matrix in each layer.
 *
 * @param targets `all-linear`, or names such as `q_proj`, which may be shortened to `q`
 * @throws ToolkitError `USAGE` for a target that such a decoder does not have
 */
export function loraParametersOfShape(
  shape: LoraShape & { readonly rank: number; readonly targets: LoraTargets },
): number {
  const layers = blockLayers(shape);
  const { targets } = shape;
  const names =
    targets === 'all-linear' ? targets : targets.map((name) => name.replace(/^([a-z]+)$/, '$1_proj'));
  const { adapted, unknown } = adaptedLayers(layers, names);
  const [first] = unknown;
  if (first !== undefined) {
    const known = targetNames(layers);
    throw new ToolkitError(
      `LoRA targets: ${unknown.join(', ')} ${unknown.length === 1 ? 'is' : 'are'} no linear layer of this model`,
      'USAGE',
      `${didYouMean(first, known) ?? ''} Linear layers: ${known.join(', ')}, or all-linear.`.trim(),
    );
  }
  return loraParameters(adapted, shape.rank);
}
