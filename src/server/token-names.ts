import type { LikelyToken } from '../core/serving/generation-request.js';
import type { ServedModel } from '../core/serving/served-model.js';

/** A token as clients see it. */
export interface NamedToken {
  readonly token: string;
  readonly logprob: number;
  /** UTF-8; `null` for special tokens, which are no text. */
  readonly bytes: number[] | null;
}

/** Names tokens by the text they stand for; parts of characters are U+FFFD, and known by their bytes. */
export function nameToken(
  { scheduler, tokenizer }: ServedModel,
  { token, logProbability }: LikelyToken,
): NamedToken {
  const bytes = scheduler.tokenBytes.of(token);
  const isText = bytes.length > 0;
  return {
    token: isText ? Buffer.from(bytes).toString() : (tokenizer.tokenText(token) ?? ''),
    logprob: logProbability,
    bytes: isText ? [...bytes] : null,
  };
}
