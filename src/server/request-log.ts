import { ToolkitError } from '../core/errors/toolkit-error.js';
import { ApiError } from './api-error.js';
import type { RequestFacts } from './request-facts.js';

/** What the log tells of an error; errors that a client has made need no stack. */
export function faultOf(error: unknown): Pick<RequestFacts, 'fault'> {
  if (error instanceof ApiError) return { fault: error.message };
  if (error instanceof ToolkitError) return { fault: `${error.code}: ${error.message}` };
  return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** One line of the log: what a request was, without its texts unless they are asked for. */
export function logEntry(
  now: number,
  requestId: string,
  method: string,
  facts: RequestFacts,
): Readonly<Record<string, unknown>> {
  const { status, seconds, firstTokenSeconds } = facts;
  return {
    time: new Date(now).toISOString(),
    level: status >= 500 ? 'error' : 'info',
    event: 'request',
    request_id: requestId,
    method,
    route: facts.route,
    status,
    milliseconds: Math.round(seconds * 1000),
    model: facts.model,
    stream: facts.isStream,
    prompt_tokens: facts.promptTokens,
    completion_tokens: facts.completionTokens,
    first_token_milliseconds:
      firstTokenSeconds === undefined ? undefined : Math.round(firstTokenSeconds * 1000),
    prompts: facts.prompts,
    error: facts.fault,
  };
}
