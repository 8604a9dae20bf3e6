import { EXIT_CODES, type ErrorCode } from './exit-codes.js';

/** What every failure a user can act on is thrown as: what happened, a stable code, and the next step. */
export class ToolkitError extends Error {
  override readonly name: string = 'ToolkitError';

  /**
   * @param message what happened and where (file, line, flag), in one sentence
   * @param code stable identifier, documented with its exit status in `exit-codes.ts`
   * @param hint what to do about it, as an instruction
   * @param cause the underlying error, if any
   */
  constructor(
    message: string,
    readonly code: ErrorCode,
    readonly hint?: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }

  /** Process exit status for this error. */
  get exitCode(): number {
    return EXIT_CODES[this.code].exit;
  }
}
