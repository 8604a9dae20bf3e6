import type { ErrorCode } from '../errors/exit-codes.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** What a failed attempt tells about the next one. */
export interface FaultNature {
  /** Whether the same request may succeed later. */
  readonly mayPass: boolean;
  /** Whether other requests would fail as well: a wrong key, an address where nobody listens. */
  readonly concernsAll: boolean;
  /** Pause that the service asks for. */
  readonly retryAfterSeconds?: number | undefined;
  readonly code?: ErrorCode;
}

/** A provider's failure to answer. It has no cause: errors of connections may quote headers, and so keys. */
export class ProviderFault extends ToolkitError {
  override readonly name = 'ProviderFault';
  readonly mayPass: boolean;
  readonly concernsAll: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, hint: string | undefined, nature: FaultNature) {
    super(message, nature.code ?? 'NETWORK', hint);
    this.mayPass = nature.mayPass;
    this.concernsAll = nature.concernsAll;
    this.retryAfterSeconds = nature.retryAfterSeconds;
  }
}
