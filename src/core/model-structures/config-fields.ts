import { z } from 'zod';

/** Which layers slide a window, as newer configurations list it. */
export const layerTypes = z.array(z.enum(['full_attention', 'sliding_attention'])).nullish();

/** Names of the fields between which heads must divide. */
interface HeadFields {
  readonly hidden: string;
  readonly heads: string;
  readonly kvHeads?: string;
  /** A field that sets the dimension of a head, so that heads need not divide the hidden size. */
  readonly headDimension?: string;
}

type Problems = z.core.$RefinementCtx;

/**
 * Complains where heads do not divide the hidden size, key/value heads do not divide heads, or a list by layer has
 * not one entry for each layer.
 */
export function checkHeads({ hidden, heads, kvHeads, headDimension }: HeadFields) {
  return (config: Readonly<Record<string, unknown>>, problems: Problems): void => {
    const complain = (path: string, message: string): void =>
      problems.addIssue({ code: 'custom', path: [path], message });
    const count = config[heads] as number;
    const kvCount = (kvHeads === undefined ? undefined : (config[kvHeads] as number | null)) ?? count;
    const size = config[hidden] as number;
    // Numbers below 1 have been complained of already.
    if (count < 1 || kvCount < 1 || size < 1) return;
    const free = headDimension !== undefined && config[headDimension] != null;
    if (!free && size % count !== 0) complain(heads, `${count} does not divide the hidden size ${size}`);
    if (count % kvCount !== 0) complain(kvHeads!, `${kvCount} does not divide ${count} attention heads`);
    const types = config['layer_types'];
    const layers = config['num_hidden_layers'];
    if (Array.isArray(types) && types.length !== layers) {
      complain('layer_types', `has ${types.length} entries for ${String(layers)} layers`);
    }
  };
}

/**
 * Gives fields their published name where a configuration uses another that transformers also reads.
 *
 * @param aliases from the other name to the published one; the published one wins where both are there
 */
export function withPublishedNames(
  config: Readonly<Record<string, unknown>>,
  aliases: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const renamed: Record<string, unknown> = { ...config };
  for (const [alias, name] of Object.entries(aliases)) {
    if (config[alias] != null) renamed[name] ??= config[alias];
  }
  return renamed;
}

/** Complains where a token goes to more experts than there are. */
export function checkExperts(countField: string) {
  return (config: Readonly<Record<string, unknown>>, problems: Problems): void => {
    const count = config[countField] as number;
    const perToken = config['num_experts_per_tok'] as number;
    if (perToken > count) {
      problems.addIssue({
        code: 'custom',
        path: ['num_experts_per_tok'],
        message: `${perToken} is more than the ${count} experts of a layer`,
      });
    }
  };
}
