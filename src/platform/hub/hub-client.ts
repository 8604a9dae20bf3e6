import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import {
  answerError,
  connectionError,
  isTransient,
  offlineError,
  statusError,
  timeoutError,
  type HubSubject,
} from './hub-errors.js';
import type { HubSettings } from './hub-settings.js';

/** Waiting times in milliseconds. */
export interface HubTiming {
  /** Longest silence of a server, before its answer and between two pieces of it. */
  readonly silence: number;
  /** Pause before the first retry; it doubles with each. */
  readonly firstPause: number;
}

export const USUAL_TIMING: HubTiming = { silence: 30_000, firstPause: 500 };

/** Further attempts after a fault that may pass: a broken connection, status 429 or 5xx. */
export const RETRIES = 4;

/** Longest pause that a server may ask for with `Retry-After`, in milliseconds; beyond it the user is told instead. */
const LONGEST_PAUSE = 60_000;

/** Most bytes of one answer that is held in memory: beyond any real listing, configuration or tensor header. */
const MAXIMUM_BUFFERED_BYTES = 100_000_000;

/** One request to the hub. */
export interface HubRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses besides 2xx that the caller deals with itself. */
  readonly expected?: readonly number[];
  /** What is asked for, as messages name it. */
  readonly subject: HubSubject;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body has not been read; whoever gets it must read it or give it up. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Fails with a transient error where the connection breaks, with `NETWORK` where the server falls silent. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives an unread body up, so that its connection is free again. */
  discard(): Promise<void>;
}

/** Waits, unless told to stop. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Asks the hub: with the user's token, which goes to the hub's own address only, and patiently. */
export class HubClient {
  private token: Promise<string | undefined> | undefined;

  constructor(
    readonly settings: HubSettings,
    private readonly fetch: typeof globalThis.fetch,
    readonly timing: HubTiming,
  ) {}

  /** The hub's name and port. */
  get host(): string {
    return new URL(this.settings.endpoint).host;
  }

  /**
   * Sends a request until it succeeds or nothing suggests that another attempt would.
   * @throws NETWORK, NOT_FOUND
   */
  async request(request: HubRequest): Promise<HubAnswer> {
    const { subject, signal } = request;
    if (this.settings.offline) throw offlineError(subject);
    const authorization = await this.authorization(request.url);
    for (let attempt = 0; ; attempt++) {
      const lastAttempt = attempt === RETRIES;
      let wait = this.timing.firstPause * 2 ** attempt;
      try {
        const { response, body } = await this.send(request, authorization);
        const discard = async (): Promise<void> => response.body?.cancel();
        if (response.ok || request.expected?.includes(response.status) === true) {
          return { status: response.status, headers: response.headers, body, discard };
        }
        await discard();
        const mayPass = response.status === 429 || response.status >= 500;
        wait = retryAfter(response.headers) ?? wait;
        if (!mayPass || lastAttempt || wait > LONGEST_PAUSE) {
          throw statusError(response, this.settings.endpoint, subject, authorization !== undefined);
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ToolkitError) throw error;
        if (lastAttempt || !isTransient(error)) throw connectionError(new URL(request.url).host, error);
      }
      await pause(wait, signal);
    }
  }

  /** Sends a request and reads the whole answer, if it is not too large, and a part where a range was asked for. */
  async read(
    request: HubRequest,
    limit = MAXIMUM_BUFFERED_BYTES,
  ): Promise<HubAnswer & { bytes: Uint8Array }> {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.request(request);
      if (request.headers?.['range'] !== undefined && answer.status !== 206) {
        await answer.discard();
        throw answerError(this.host, 'it does not serve parts of files');
      }
      try {
        return { ...answer, bytes: await this.collect(answer, limit) };
      } catch (error) {
        request.signal?.throwIfAborted();
        if (error instanceof ToolkitError) throw error;
        if (attempt === RETRIES) throw connectionError(this.host, error);
        await pause(this.timing.firstPause * 2 ** attempt, request.signal);
      }
    }
  }

  /**
   * `fetch` for the hub's library: answers come whole and bounded, a part of a file is never answered with all of it,
   * and failures are told as everywhere in the toolkit.
   */
  libraryFetch(subject: HubSubject, signal: AbortSignal | undefined): typeof globalThis.fetch {
    return async (input, init) => {
      const headers = Object.fromEntries(new Headers(init?.headers));
      // Otherwise the hub answers with a description for its own transfer protocol instead of the file.
      if (headers['accept']?.includes('xet-fileinfo') === true) headers['accept'] = '*/*';
      const url = input instanceof Request ? input.url : String(input);
      const range = /^bytes=(\d+)-(\d+)$/.exec(headers['range'] ?? '');
      const limit = range === null ? MAXIMUM_BUFFERED_BYTES : Number(range[2]) - Number(range[1]) + 1;
      const request = { url, method: init?.method ?? 'GET', headers, subject, signal };
      const answer = await this.read(request, Math.min(limit, MAXIMUM_BUFFERED_BYTES));
      return new Response(answer.bytes as Uint8Array<ArrayBuffer>, {
        status: answer.status,
        headers: answer.headers,
      });
    };
  }

  private async collect(answer: HubAnswer, limit: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of answer.body) {
      length += piece.length;
      if (length > limit) throw answerError(this.host, `it is longer than the ${limit} bytes it may have`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  private async send(
    { url, method, headers, signal }: HubRequest,
    authorization: string | undefined,
  ): Promise<{ response: Response; body: AsyncIterable<Uint8Array> }> {
    const silence = new AbortController();
    const watch = (): NodeJS.Timeout =>
      setTimeout(() => {
        silence.abort();
      }, this.timing.silence);
    const fail = (error: unknown): never => {
      signal?.throwIfAborted();
      if (silence.signal.aborted) throw timeoutError(new URL(url).host, this.timing.silence / 1000);
      throw error;
    };
    let timer = watch();
    let response: Response;
    try {
      response = await this.fetch(url, {
        method: method ?? 'GET',
        headers: {
          // Lengths and parts are those of the file, not of a compressed form of it.
          'accept-encoding': 'identity',
          ...headers,
          ...(authorization !== undefined && { authorization }),
        },
        signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
      });
    } catch (error) {
      return fail(error);
    } finally {
      clearTimeout(timer);
    }
    async function* body(): AsyncGenerator<Uint8Array, void> {
      if (response.body === null) return;
      try {
        timer = watch();
        for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
          clearTimeout(timer);
          yield piece;
          timer = watch();
        }
      } catch (error) {
        fail(error);
      } finally {
        clearTimeout(timer);
      }
    }
    return { response, body: body() };
  }

  private async authorization(url: string): Promise<string | undefined> {
    if (new URL(url).origin !== new URL(this.settings.endpoint).origin) {
      throw answerError(this.host, 'it leads to another address');
    }
    this.token ??= this.readToken();
    const token = await this.token;
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  private async readToken(): Promise<string | undefined> {
    const { token: given, tokenFile } = this.settings;
    const token = given ?? (await readFile(tokenFile, 'utf8').catch(() => '')).trim();
    // Checked here because an invalid header is quoted in the error that it causes.
    if (/^[\x21-\x7e]*$/.test(token)) return token === '' ? undefined : token;
    throw new ToolkitError(
      `The access token in ${given === undefined ? tokenFile : 'HF_TOKEN'} holds spaces or other characters that no token has`,
      'USAGE',
      'Copy it again from the settings of your account at the hub.',
    );
  }
}
