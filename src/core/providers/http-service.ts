import type { z } from 'zod';
import { quoteName } from '../checkpoints/quote-name.js';
import { isJsonObject } from '../checkpoints/json-file.js';
import { connectionFault } from './connection-fault.js';
import { ProviderFault, type FaultNature } from './provider-fault.js';
import { retryAfterSeconds } from './retry-after.js';
import { repeatsSecret, tellsSecret } from './secrets.js';

/** A service that takes and gives JSON. */
export interface HttpService {
  /** Address without a final slash. */
  readonly address: string;
  /** Sent as a bearer token to this address, and told to nobody. */
  readonly key?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What to do where nothing answers, where access is refused, and where model or address are not known. */
  readonly hints: { readonly reach: string; readonly access: string; readonly missing: string };
}

/** Most bytes of an answer: beyond any real one, embeddings of thousands of texts included. */
const MAXIMUM_ANSWER_BYTES = 64_000_000;

/** Statuses beside 5xx after which another try may succeed: time-out, too early, too many requests. */
const PASSING_STATUSES = [408, 425, 429];

/** Statuses of a request that is refused for what it says, so that the server's own words help. */
const EXPLAINED_STATUSES = [400, 404, 413, 422, 429];

/** Longest explanation of a server that is repeated, in characters. */
const LONGEST_EXPLANATION = 300;

const CONTEXT_OVERFLOW = /context[_ ](length|window|size)|maximum context/i;

/** The host of a service, as messages name it. */
export function hostOf({ address }: HttpService): string {
  return new URL(address).host;
}

/** The fault for an answer that is not what the service's interface promises. */
export function answerFault(
  service: HttpService,
  problem: string,
  status = 200,
  mayPass = false,
): ProviderFault {
  return new ProviderFault(
    `${hostOf(service)} gave an answer that cannot be used (status ${status}): ${problem}`,
    'See that the address is the one of such a service, its version path included.',
    { mayPass, concernsAll: false },
  );
}

/** The answer's text; `undefined` where it is too long. */
async function readBody(response: Response): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > MAXIMUM_ANSWER_BYTES) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

interface Explanation {
  readonly text: string | undefined;
  readonly code: string | undefined;
}

function explanationIn(body: string | undefined): Explanation {
  try {
    return explanationOf(JSON.parse(body ?? ''));
  } catch {
    return { text: undefined, code: undefined };
  }
}

/** What a server says of its refusal, in the forms of OpenAI, vLLM, FastAPI and Ollama. */
function explanationOf(value: unknown): Explanation {
  if (!isJsonObject(value)) return { text: undefined, code: undefined };
  const error = isJsonObject(value['error']) ? value['error'] : value;
  const text = [error['message'], error['error'], error['detail']].find((part) => typeof part === 'string');
  const code = typeof error['code'] === 'string' ? error['code'] : undefined;
  return { text, code };
}

/** The fault for a status other than success. */
function statusFault(service: HttpService, response: Response, body: string | undefined): ProviderFault {
  const { status } = response;
  const { hints, key } = service;
  const { text, code } = explanationIn(body);
  const isQuotable = text !== undefined && EXPLAINED_STATUSES.includes(status) && !tellsSecret(text, key);
  const words = isQuotable ? `: ${quoteName(text.slice(0, LONGEST_EXPLANATION))}` : '';
  const fail = (hint: string | undefined, nature: FaultNature): ProviderFault =>
    new ProviderFault(`${hostOf(service)} answered with status ${status}${words}`, hint, nature);

  if (status === 401 || status === 403) return fail(hints.access, { mayPass: false, concernsAll: true });
  if (status === 404) return fail(hints.missing, { mayPass: false, concernsAll: true, code: 'NOT_FOUND' });
  if (status === 402 || code === 'insufficient_quota') {
    return fail('The account has nothing left to spend.', { mayPass: false, concernsAll: true });
  }
  if (PASSING_STATUSES.includes(status) || status >= 500) {
    const hint =
      status === 429 ? 'Ask for fewer at once, or later.' : 'The server has a fault; try again later.';
    return fail(hint, {
      mayPass: true,
      concernsAll: false,
      retryAfterSeconds: retryAfterSeconds(response.headers, service.now()),
    });
  }
  if (status === 400 && (code === 'context_length_exceeded' || CONTEXT_OVERFLOW.test(text ?? ''))) {
    const nature = { mayPass: false, concernsAll: false, code: 'CONTEXT_OVERFLOW' } as const;
    return fail('Shorten the prompt, or ask for fewer new tokens.', nature);
  }
  if (status >= 300 && status < 400) {
    return fail('It leads to another address: give that one.', { mayPass: false, concernsAll: true });
  }
  return fail('It refuses the request as it is: change what it names.', {
    mayPass: false,
    concernsAll: false,
  });
}

/** Sends one request; the body comes whole or, where it is too long, not at all. */
async function send(
  service: HttpService,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<{ readonly response: Response; readonly text: string | undefined }> {
  const { address, key, hints } = service;
  try {
    const response = await service.fetch(`${address}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
      // The key is for this address alone.
      redirect: 'manual',
      ...(signal !== undefined && { signal }),
    });
    return { response, text: await readBody(response) };
  } catch (error) {
    signal?.throwIfAborted();
    throw connectionFault(hostOf(service), error, hints.reach);
  }
}

/**
 * Sends one request and reads the answer. There is one attempt, and no limit of time but the signal's.
 *
 * @param path with its leading slash, after the service's address
 * @param schema what the answer must be
 * @throws ProviderFault
 */
export async function postJson<T extends z.ZodType>(
  service: HttpService,
  path: string,
  body: unknown,
  schema: T,
  signal?: AbortSignal,
): Promise<z.output<T>> {
  const { response, text } = await send(service, path, body, signal);
  const { ok, status } = response;
  if (!ok) throw statusFault(service, response, text);
  if (text === undefined)
    throw answerFault(service, `it is longer than ${MAXIMUM_ANSWER_BYTES} bytes`, status);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Gateways that are overrun cut answers short.
    throw answerFault(service, 'it is not JSON', status, true);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    // Looked for in what was read, since JSON can spell each character in several ways.
    if (!repeatsSecret(parsed.data, service.key)) return parsed.data;
    throw answerFault(service, 'it repeats the access key, so nothing of it is kept', status);
  }
  const { text: words } = explanationOf(value);
  if (words !== undefined) {
    // Gateways that pass on another server's failure do so under a status of their own.
    const quoted = tellsSecret(words, service.key)
      ? ''
      : `: ${quoteName(words.slice(0, LONGEST_EXPLANATION))}`;
    throw answerFault(service, `it tells of an error${quoted}`, status, true);
  }
  const where = parsed.error.issues[0]?.path.join('.') || 'its form';
  throw answerFault(service, `${where} is not as it should be`, status);
}
