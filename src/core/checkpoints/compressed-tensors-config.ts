import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { IntegerScheme } from '../quantization/integer-scheme.js';
import { isJsonObject, type JsonObject } from './json-file.js';
import { quoteName } from './quote-name.js';

/** `quant_method` of the format that llm-compressor writes and that transformers and vLLM read. */
const COMPRESSED_TENSORS = 'compressed-tensors';

/** How integers lie: in words of 32 bits, or one in a byte. */
export type IntegerFormat = 'pack-quantized' | 'int-quantized';

const weightsSchema = z.object({
  num_bits: z.literal([4, 8]),
  type: z.literal('int'),
  symmetric: z.boolean().default(true),
  strategy: z.enum(['tensor', 'channel', 'group']),
  group_size: z.number().int().nullish(),
});

/** How the weights of one group of layers are held. */
export type WeightsScheme = z.output<typeof weightsSchema>;

const schema = z.object({
  format: z.enum(['pack-quantized', 'int-quantized', 'naive-quantized', 'mixed-precision']),
  quantization_status: z.literal(['compressed', 'frozen']).nullish(),
  config_groups: z.record(
    z.string(),
    z.object({
      weights: weightsSchema.nullish(),
      format: z.enum(['pack-quantized', 'int-quantized', 'naive-quantized']).nullish(),
    }),
  ),
  // Both change what the stored numbers mean.
  sparsity_config: z.object({ format: z.literal('dense').nullish() }).nullish(),
  transform_config: z.object({ config_groups: z.record(z.string(), z.never()).optional() }).nullish(),
});

/** Whether a model's weights are stored as `compressed-tensors`. */
export function isCompressedTensors(quantizationConfig: unknown): quantizationConfig is JsonObject {
  return isJsonObject(quantizationConfig) && quantizationConfig['quant_method'] === COMPRESSED_TENSORS;
}

/**
 * Reads the `quantization_config` of such a model.
 *
 * @param where the file, for errors
 * @returns the schemes of its groups
 * @throws ToolkitError `UNSUPPORTED` for anything but integers of 4 and 8 bits with scales per tensor, row or group
 */
export function readWeightsSchemes(where: string, quantizationConfig: JsonObject): WeightsScheme[] {
  const parsed = schema.safeParse(quantizationConfig);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) =>
        `${path.map((part) => quoteName(String(part)).slice(1, -1)).join('.')}: ${message}`,
    );
    throw new ToolkitError(
      `${where}: quantization_config is not one that can be read: ${problems.slice(0, 8).join('; ')}`,
      'UNSUPPORTED',
      'Weights in integers of 4 or 8 bits can be read; get the model as it was before quantisation.',
    );
  }
  const schemes = Object.values(parsed.data.config_groups).flatMap(({ weights }) => weights ?? []);
  if (schemes.length > 0) return schemes;
  throw new ToolkitError(
    `${where}: quantization_config says of no weights how they are held`,
    'BAD_CHECKPOINT',
    'Get config.json again.',
  );
}

/** Layers that share a scheme. */
export interface QuantizedLayers {
  readonly scheme: IntegerScheme;
  /** Module names; those of the last group are all linear layers that no other group names. */
  readonly modules: readonly string[];
}

/** What a model's `quantization_config` is made of. */
export interface CompressedTensorsConfig {
  readonly format: IntegerFormat;
  /** The most common scheme last. */
  readonly groups: readonly QuantizedLayers[];
  /** Linear layers that are not quantised. */
  readonly ignored: readonly string[];
  /** Whether activations are rounded to 8 bits too, with a scale for each token. */
  readonly dynamicActivations: boolean;
}

const ACTIVATIONS = {
  ...{ num_bits: 8, type: 'int', symmetric: true, strategy: 'token', dynamic: true },
  ...{ group_size: null, block_structure: null, actorder: null, observer: null, observer_kwargs: {} },
} as const;

/** Writes the `quantization_config` of a model, as `compressed-tensors` 0.20 does. */
export function formatCompressedTensorsConfig(config: CompressedTensorsConfig): JsonObject {
  const { format, groups, ignored, dynamicActivations } = config;
  const groupOf = ({ scheme, modules }: QuantizedLayers, index: number): JsonObject => ({
    // Readers take the first target that fits, and a name goes before a class of modules.
    targets: index === groups.length - 1 ? ['Linear'] : [...modules],
    weights: {
      ...{ num_bits: scheme.bits, type: 'int', symmetric: scheme.symmetric, dynamic: false },
      ...(scheme.blockSize === null
        ? { strategy: 'channel', group_size: null }
        : { strategy: 'group', group_size: scheme.blockSize }),
      ...{ block_structure: null, actorder: null, observer: 'minmax', observer_kwargs: {} },
    },
    input_activations: dynamicActivations ? { ...ACTIVATIONS } : null,
    output_activations: null,
    format,
  });
  return {
    quant_method: COMPRESSED_TENSORS,
    format,
    quantization_status: 'compressed',
    config_groups: Object.fromEntries(
      groups.map((group, index) => [`group_${index}`, groupOf(group, index)]),
    ),
    ignore: [...ignored],
    kv_cache_scheme: null,
    global_compression_ratio: null,
  };
}
