import { ToolkitError } from '../errors/toolkit-error.js';

/** The error of providers that tell the likelihood of texts, but not that of a text's end. */
export function endNotScored(provider: string): ToolkitError {
  return new ToolkitError(
    `${provider}: does not tell how likely the end of a text is`,
    'UNSUPPORTED',
    'Score the choices alone (end_of_text: false), or use a local model.',
  );
}
