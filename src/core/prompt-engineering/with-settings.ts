import { canonicalJson } from '../providers/canonical-json.js';
import type { CompletionSettings, Provider } from '../providers/provider.js';

/**
 * A provider that completes with further settings. What it answers is kept apart from the answers of the provider by
 * itself.
 */
export function withSettings(provider: Provider, further: Partial<CompletionSettings>): Provider {
  const settings = Object.fromEntries(Object.entries(further).filter(([, value]) => value !== undefined));
  if (Object.keys(settings).length === 0) return provider;
  const { id, contextLength, isWorthCaching, usual } = provider;
  return {
    ...{ id, contextLength, isWorthCaching, usual },
    fingerprint: async (signal) => `${await provider.fingerprint(signal)} ${canonicalJson(settings)}`,
    complete: (request, signal) =>
      provider.complete({ ...request, settings: { ...request.settings, ...settings } }, signal),
    ...(provider.countTokens !== undefined && {
      countTokens: (prompt) => provider.countTokens!(prompt),
    }),
    close: () => provider.close(),
  };
}
