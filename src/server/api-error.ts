import { ToolkitError } from '../core/errors/toolkit-error.js';
import { QueueFull } from '../core/serving/queue-full.js';

/** What a client may be told besides the message; named as in OpenAI's interface. */
export interface ApiErrorFacts {
  readonly type?: string;
  /** A name for programs. */
  readonly code?: string | undefined;
  /** The field of the request that is at fault. */
  readonly param?: string | undefined;
  /** Seconds after which another attempt may succeed. */
  readonly retryAfter?: number;
}

/** The body of every answer that is an error, in OpenAI's form. */
export interface ApiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** An error that a client is told of. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** @param status of HTTP */
  constructor(
    readonly status: number,
    message: string,
    readonly facts: ApiErrorFacts = {},
  ) {
    super(message);
  }

  get body(): ApiErrorBody {
    const usualType = this.status >= 500 ? 'server_error' : 'invalid_request_error';
    const { type = usualType, code = null, param = null } = this.facts;
    return { error: { message: this.message, type, param, code } };
  }
}

/** The client went away; nobody reads what it would be told. The status is the one that nginx logs. */
export class ClientGone extends ApiError {
  constructor() {
    super(499, 'the client closed the connection');
  }
}

/** Seconds to wait before another attempt where nothing better is known. */
const USUAL_RETRY_SECONDS = 1;

/** Messages begin with the file they are about, which is no client's affair. */
function withoutPath(message: string): string {
  return message.replace(/^\S*[\\/]\S*: /, '');
}

/** What fastify throws. */
interface FastifyFault {
  readonly statusCode?: number;
  readonly code?: string;
  readonly message: string;
}

/**
 * What a client is told of an error. Of defects, and of what is wrong with the model's files, it learns only that they
 * are there.
 *
 * @param retryAfter seconds that a client should wait while the server has too much to do
 */
export function apiErrorFrom(error: unknown, retryAfter = USUAL_RETRY_SECONDS): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof QueueFull) {
    return new ApiError(429, `The server has too much to do: ${error.message}.`, {
      type: 'rate_limit_error',
      code: 'queue_full',
      retryAfter,
    });
  }
  if (error instanceof ToolkitError) {
    const message = [withoutPath(error.message), error.hint].filter(Boolean).join('. ');
    if (error.code === 'CONTEXT_OVERFLOW') {
      return new ApiError(400, message, { code: 'context_length_exceeded' });
    }
    if (error.code === 'USAGE' || error.code === 'UNSUPPORTED') return new ApiError(400, message);
  }
  const { statusCode = 500, code, message } = error as FastifyFault;
  if (statusCode === 413) return new ApiError(413, 'The body is too large.', { code: 'body_too_large' });
  if (statusCode === 415) return new ApiError(415, 'The body must be JSON (Content-Type: application/json).');
  if (statusCode >= 400 && statusCode < 500 && code?.startsWith('FST_'))
    return new ApiError(statusCode, message);
  return new ApiError(500, 'The server failed at this request; its log says why.');
}
