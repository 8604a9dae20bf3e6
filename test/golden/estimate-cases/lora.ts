import {
  doubleQuantizationSaving,
  inferenceMemory,
  loraParameters,
  loraParametersOfShape,
  nf4BitsPerWeight,
  nf4WeightBytes,
  type LoraTargets,
} from '../../../src/core/memory/index.js';
import { answers, inUnits, type CaseInput } from './case-input.js';
import { modelNamed, modelOfCount } from './models.js';

function targetsOf(input: CaseInput): LoraTargets {
  const targets = input.value('targets');
  if (Array.isArray(targets)) return targets.map(String);
  return ['all', 'all-linear', 'all_linear'].includes(String(targets)) ? 'all-linear' : [String(targets)];
}

/** Of a model by name the layers that its configuration describes, otherwise those of a decoder of these widths. */
async function adapterParameters(input: CaseInput): Promise<number> {
  const rank = input.number('rank', 'r');
  const targets = targetsOf(input);
  if (input.has('model')) {
    input.pass('layers', 'hidden', 'heads', 'kv_heads', 'head_dim', 'ffn', 'params');
    const { linearLayers } = await modelNamed(input.text('model'));
    const isTarget = (module: string): boolean =>
      targets === 'all-linear' ||
      targets.some((target) => [target, `${target}_proj`].includes(module.split('.').at(-1)!));
    return loraParameters(linearLayers.filter(({ module }) => isTarget(module)), rank);
  }
  const hidden = input.number('hidden');
  const headDimension = input.numberOr(undefined, 'head_dim');
  const heads = input.numberOr(undefined, 'heads');
  const keyValueHeads = input.numberOr(undefined, 'kv_heads');
  const perHead = headDimension ?? (heads === undefined ? undefined : hidden / heads);
  const feedForward = input.numberOr(undefined, 'ffn', 'intermediate');
  return loraParametersOfShape({
    ...{ layers: input.number('layers'), hidden, rank, targets },
    ...(perHead !== undefined && heads !== undefined && { queryWidth: heads * perHead }),
    ...(perHead !== undefined && keyValueHeads !== undefined && { keyValueWidth: keyValueHeads * perHead }),
    ...(feedForward !== undefined && { feedForward }),
  });
}

function saving(input: CaseInput): ReturnType<typeof doubleQuantizationSaving> {
  return doubleQuantizationSaving(input.numberOr(1, 'params'), {
    ...{ block: input.numberOr(64, 'block1'), scaleBlock: input.numberOr(256, 'block2') },
  });
}

/** A QLoRA base ready to be used: 4-bit matrices, the rest in 16 bits, and a short sequence passing through. */
async function baseBytes(input: CaseInput): Promise<number> {
  input.pass('nf4');
  const dtype = input.flag('double_quant') ? 'nf4-dq' : 'nf4';
  const model = await modelOfCount(input.number('params'));
  return inferenceMemory(model, { dtype, batch: 1, context: 512, overhead: true }).total_bytes;
}

const blocks = (input: CaseInput): Parameters<typeof nf4BitsPerWeight>[0] => ({
  doubleQuantization: input.flag('double_quant'),
  ...{ block: input.numberOr(64, 'block1'), scaleBlock: input.numberOr(256, 'block2') },
});

export const lora = answers({
  params: adapterParameters,
  trainable_params: adapterParameters,
  ...inUnits('adapter', async (input) => 2 * (await adapterParameters(input))),
  bits_saved: (input) => {
    input.pass('params');
    return saving(input).bits_per_weight.value;
  },
  gb_saved: (input) => saving(input).bytes.value / 1e9,
  bits_per_weight: (input) => {
    input.pass('params', 'nf4');
    return nf4BitsPerWeight(blocks(input)).value;
  },
  ...inUnits('weights', (input) => {
    input.pass('nf4');
    return nf4WeightBytes(input.number('params'), blocks(input)).value;
  }),
  ...inUnits('', baseBytes),
});
