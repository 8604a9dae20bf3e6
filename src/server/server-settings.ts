import { isIPv4 } from 'node:net';
import { ToolkitError } from '../core/errors/toolkit-error.js';

/** How a server is reached, and what it admits. */
export interface ServerSettings {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** What clients must give as their bearer token; `undefined` lets everybody in. */
  readonly apiKey: string | undefined;
  /** Lets everybody in from other machines too. */
  readonly allowUnauthenticated: boolean;
  /** Origin whose pages may ask this server, or `*`. */
  readonly corsOrigin: string | undefined;
  /** Seconds that a request may take, waiting included. */
  readonly timeoutSeconds: number;
  /** Bytes of a body at most. */
  readonly bodyLimit: number;
  /** Milliseconds in which a request's headers, and then its body, must arrive, and answers must be taken on. */
  readonly transferTimeout: number;
  /** Puts prompts into the log. */
  readonly logPrompts: boolean;
}

/** Whether only this machine can reach a server that is bound to this address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** What a header can carry without loss, between blanks. */
const KEY = /^[\x21-\x7e]+$/;

/** Whether it is the origin of a page as browsers write it: no path, not even a slash. */
function isOrigin(origin: string): boolean {
  return origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin);
}

/**
 * @throws ToolkitError `USAGE` for a server that anybody in the network could use, and for a key or an origin that no
 *   client can send
 */
export function assertUsable({ host, apiKey, allowUnauthenticated, corsOrigin }: ServerSettings): void {
  if (apiKey !== undefined && !KEY.test(apiKey)) {
    throw new ToolkitError(
      'the API key is empty, or holds characters that no client can send',
      'USAGE',
      'Choose one of letters, digits and punctuation of ASCII, or leave --api-key out.',
    );
  }
  if (corsOrigin !== undefined && !isOrigin(corsOrigin)) {
    throw new ToolkitError(
      `--cors ${corsOrigin}: no page has this origin`,
      'USAGE',
      'Its form is https://app.example, or http://localhost:3000; * is for all.',
    );
  }
  if (isLoopback(host) || apiKey !== undefined || allowUnauthenticated) return;
  throw new ToolkitError(
    `--host ${host}: other machines could use the model without a key`,
    'USAGE',
    'Set GENAI_API_KEY (or --api-key), or say --allow-unauthenticated if that is meant.',
  );
}
