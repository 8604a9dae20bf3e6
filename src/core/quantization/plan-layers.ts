import type { LinearLayer, Model } from '../architectures/architecture.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import { HEAD_MODULE } from './calibration.js';
import { BLOCK_SIZES, type IntegerScheme } from './integer-scheme.js';

/** A linear layer that is to be quantised, and how. */
export interface PlannedLayer {
  readonly module: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly scheme: IntegerScheme;
}

/** A linear layer that stays as it is. */
export interface KeptLayer {
  readonly module: string;
  readonly reason: string;
}

/** What becomes of each linear layer. */
export interface LayerPlan {
  readonly quantized: readonly PlannedLayer[];
  readonly kept: readonly KeptLayer[];
}

/** The linear layers of a model, the head among them where it has weights of its own. */
function linearLayersOf({ linearLayers, headParameter, shape }: Model): LinearLayer[] {
  const head = { module: HEAD_MODULE, inputs: shape.hidden, outputs: shape.vocabulary, inputsFirst: false };
  return headParameter === `${HEAD_MODULE}.weight` ? [...linearLayers, head] : [...linearLayers];
}

/** Whether a name is the module's, the end of it after a dot, or with `*` for anything a pattern of the whole. */
function names(name: string, module: string): boolean {
  if (!name.includes('*')) return module === name || module.endsWith(`.${name}`);
  const pattern = name.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return new RegExp(`^(?:.*\\.)?${pattern.join('.*')}$`).test(module);
}

function unknownName(name: string, modules: readonly string[]): ToolkitError {
  const ends = new Set(modules.flatMap((module) => [module, module.split('.').at(-1)!]));
  const last = [...new Set(modules.map((module) => module.split('.').at(-1)!))];
  return new ToolkitError(
    `--keep ${name}: no linear layer of this model has that name`,
    'USAGE',
    didYouMean(name, ends) ?? `Linear layers: ${last.join(', ')}; name one, or write a pattern with *.`,
  );
}

/**
 * Decides how each linear layer is quantised. The format of the folder demands that blocks divide rows: where the wanted
 * size does not, the next smaller one that does is taken. With zero points all layers take the smallest of theirs:
 * transformers reads such folders by the first group's size alone.
 *
 * @param keep names of layers to leave as they are: whole, their last parts, or patterns with `*`
 * @throws ToolkitError `USAGE` for a name that no layer has, and where no layer is left; `UNSUPPORTED` for models whose
 *   weights are stored with their inputs first
 */
export function planLayers(model: Model, scheme: IntegerScheme, keep: readonly string[]): LayerPlan {
  const layers = linearLayersOf(model);
  const modules = layers.map(({ module }) => module);
  // A tied head stays as it is in any case, and may be named all the same.
  for (const name of keep) {
    if (![...modules, HEAD_MODULE].some((module) => names(name, module))) throw unknownName(name, modules);
  }
  if (layers.some(({ inputsFirst }) => inputsFirst)) {
    throw new ToolkitError(
      `${model.architecture} models store their weights with the inputs first, which the format of quantised folders has no place for`,
      'UNSUPPORTED',
      'Choose --to bf16 or fp16, or export the model as GGUF.',
    );
  }
  const quantized: PlannedLayer[] = [];
  const kept: KeptLayer[] = modules.includes(HEAD_MODULE)
    ? []
    : [{ module: HEAD_MODULE, reason: 'shares its weights with the embedding' }];
  for (const { module, outputs, inputs } of layers) {
    const blockSize =
      scheme.blockSize === null
        ? null
        : [...BLOCK_SIZES].reverse().find((size) => size <= scheme.blockSize! && inputs % size === 0);
    if (keep.some((name) => names(name, module))) kept.push({ module, reason: 'named by --keep' });
    else if (blockSize === undefined) {
      kept.push({ module, reason: `its ${inputs} inputs are no multiple of ${BLOCK_SIZES[0]}` });
    } else quantized.push({ module, outputs, inputs, scheme: { ...scheme, blockSize } });
  }
  if (quantized.length === 0) {
    throw new ToolkitError(
      `no linear layer is left to quantise; ${kept.at(-1)!.module}: ${kept.at(-1)!.reason}`,
      'USAGE',
      'Keep fewer layers, or choose int8 without blocks, whose scales are for whole rows.',
    );
  }
  if (scheme.symmetric || scheme.blockSize === null) return { quantized, kept };
  const blockSize = Math.min(...quantized.map((layer) => layer.scheme.blockSize!));
  return {
    quantized: quantized.map((layer) => ({ ...layer, scheme: { ...layer.scheme, blockSize } })),
    kept,
  };
}
