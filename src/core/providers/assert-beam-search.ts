import { ToolkitError } from '../errors/toolkit-error.js';
import type { Provider } from './provider.js';

/** @throws ToolkitError `UNSUPPORTED` for several beams where the provider follows none */
export function assertBeamSearch(
  { id, hasBeamSearch = false }: Pick<Provider, 'id' | 'hasBeamSearch'>,
  beams = 1,
): void {
  if (beams <= 1 || hasBeamSearch) return;
  throw new ToolkitError(
    `${id}: has no beam search, and ${beams} beams are asked for`,
    'UNSUPPORTED',
    'Leave beams out, or use a model in a folder.',
  );
}
