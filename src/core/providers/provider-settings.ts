import { z } from 'zod';

const text = z.string().min(1);

/** What users may say of a provider besides its spec, for the schemas of options: the fields of `ProviderOptions`. */
export const providerSettings = {
  adapter: text.optional(),
  keyVariable: text.optional(),
  contextLength: z.number().int().positive().optional(),
};
