import { figure, type Figure } from '../estimates/figure.js';

/** Weights that share a scale, and scales that share one, in QLoRA (Dettmers et al. 2023, arXiv 2305.14314, section 3). */
const NF4_BLOCK = 64;
const NF4_SCALE_BLOCK = 256;

const SOURCE = 'QLoRA, Dettmers et al. 2023, arXiv 2305.14314, section 3';

/** Block sizes of a 4-bit format with one or two levels of scales. */
export interface QuantizationBlocks {
  readonly doubleQuantization: boolean;
  readonly block?: number;
  readonly scaleBlock?: number;
}

/** Bits for each weight in 4-bit NormalFloat: 4.5, or 4.127 where the scales are quantised too. */
export function nf4BitsPerWeight({
  doubleQuantization,
  block = NF4_BLOCK,
  scaleBlock = NF4_SCALE_BLOCK,
}: QuantizationBlocks): Figure {
  return doubleQuantization
    ? figure(
        '4 + 8 / block + 32 / (block * scale_block)',
        { block, scale_block: scaleBlock },
        { source: SOURCE },
      )
    : figure('4 + 32 / block', { block }, { source: SOURCE });
}

/** Bytes of weights held in 4-bit NormalFloat, scales included. */
export function nf4WeightBytes(parameters: number, blocks: QuantizationBlocks): Figure {
  const bits = nf4BitsPerWeight(blocks);
  return figure(`parameters * (${bits.formula}) / 8`, { parameters, ...bits.inputs }, { source: SOURCE });
}

/** What quantising the scales saves: 0.373 bits for each weight, 3 GB for 65B. */
export function doubleQuantizationSaving(
  parameters: number,
  { block = NF4_BLOCK, scaleBlock = NF4_SCALE_BLOCK }: Omit<QuantizationBlocks, 'doubleQuantization'> = {},
): { readonly bits_per_weight: Figure; readonly bytes: Figure } {
  const saving = '32 / block - (8 / block + 32 / (block * scale_block))';
  const inputs = { block, scale_block: scaleBlock };
  return {
    bits_per_weight: figure(saving, inputs, { source: SOURCE }),
    bytes: figure(`parameters * (${saving}) / 8`, { parameters, ...inputs }, { source: SOURCE }),
  };
}
