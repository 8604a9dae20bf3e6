import type { ModelShape } from '../../../src/core/architectures/architecture.js';
import type { MemoryModel } from '../../../src/core/memory/memory-model.js';

/** Published numbers of a LLaMA-like model. */
export interface LlamaNumbers {
  readonly parameters: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDimension: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly tied: boolean;
}

/** A decoder with grouped-query attention and a gated feed-forward network. */
export function llamaModel(numbers: LlamaNumbers): MemoryModel & { readonly shape: ModelShape } {
  const { parameters, layers, kvHeads, headDimension } = numbers;
  return {
    parameters,
    activeParameters: parameters,
    linearLayers: [],
    shape: {
      kind: 'decoder',
      layers,
      encoderLayers: 0,
      hidden: numbers.hidden,
      heads: numbers.heads,
      kvHeads,
      headDimension,
      valueDimension: headDimension,
      cacheWidth: 2 * kvHeads * headDimension,
      feedForward: numbers.feedForward,
      feedForwardMatrices: 3,
      vocabulary: numbers.vocabulary,
      contextLength: 131_072,
      slidingWindows: Array.from({ length: layers }, () => undefined),
      tiedEmbeddings: numbers.tied,
    },
  };
}

function numbers(
  parameters: number,
  [layers, hidden, heads, kvHeads, headDimension, feedForward]: readonly [
    ...[layers: number, hidden: number, heads: number, kvHeads: number, headDimension: number],
    feedForward: number,
  ],
  vocabulary: number,
  tied = false,
): MemoryModel {
  return llamaModel({
    ...{ parameters, layers, hidden, heads, kvHeads, headDimension, feedForward, vocabulary, tied },
  });
}

/** Layers, width, heads, key/value heads, head size, feed-forward width and vocabulary as their configurations have. */
export const PUBLISHED = {
  llama2With7B: numbers(6_738_415_616, [32, 4096, 32, 32, 128, 11_008], 32_000),
  llama2With13B: numbers(13_015_864_320, [40, 5120, 40, 40, 128, 13_824], 32_000),
  llama31With8B: numbers(8_030_261_248, [32, 4096, 32, 8, 128, 14_336], 128_256),
  llama33With70B: numbers(70_553_706_496, [80, 8192, 64, 8, 128, 28_672], 128_256),
  /** As first released, with twice the key/value heads of today's configuration. */
  llama31With405B: numbers(410_081_247_232, [126, 16_384, 128, 16, 128, 53_248], 128_256),
  llama32With1B: numbers(1_235_814_400, [16, 2048, 32, 8, 64, 8192], 128_256, true),
  qwen25WithHalfB: numbers(494_032_768, [24, 896, 14, 2, 64, 4864], 151_936, true),
  qwen3With600M: numbers(596_049_920, [28, 1024, 16, 8, 128, 3072], 151_936, true),
  tinyLlama: numbers(1_100_048_384, [22, 2048, 32, 4, 64, 5632], 32_000),
  mistral7B: numbers(7_248_023_552, [32, 4096, 32, 8, 128, 14_336], 32_768),
  phi4: numbers(14_659_507_200, [40, 5120, 40, 10, 128, 17_920], 100_352),
  gemma2With9B: numbers(9_241_705_984, [42, 3584, 16, 8, 256, 14_336], 256_000, true),
  qwen3With8B: numbers(8_190_735_360, [36, 4096, 32, 8, 128, 12_288], 151_936),
} as const satisfies Readonly<Record<string, MemoryModel>>;
