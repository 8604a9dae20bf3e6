import { ProviderFault } from './provider-fault.js';

/** Codes by which Node says that there is no way to a server at all, so that trying again soon is idle. */
const UNREACHABLE = new Map([
  ['ENOTFOUND', 'its name is not known'],
  ['EAI_AGAIN', 'its name cannot be looked up'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no network'],
  ['EACCES', 'the connection was refused'],
]);

/** Codes of TLS for a server that does not prove who it is. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/** Codes for a server that keeps silent; Node's own `fetch` waits five minutes for the first byte. */
const SILENT = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** The code of the innermost error that has one: `fetch` wraps the failure of the connection. */
function systemCode(error: unknown): string {
  let code = '';
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    const own = (inner as NodeJS.ErrnoException).code;
    if (typeof own === 'string') code = own;
  }
  return code;
}

/**
 * The fault for a server that gave no answer, or not all of it.
 *
 * @param host its name and port
 * @param error of `fetch`; only its code is told
 */
export function connectionFault(host: string, error: unknown, hint: string): ProviderFault {
  const code = systemCode(error);
  const why = UNREACHABLE.get(code) ?? (UNTRUSTED.test(code) ? 'its certificate is not trusted' : undefined);
  const reason = why ?? (SILENT.has(code) ? 'it does not answer' : 'the connection broke');
  return new ProviderFault(
    `${host} cannot be reached: ${reason}${code === '' ? '' : ` (${code})`}`,
    hint,
    why === undefined ? { mayPass: true, concernsAll: false } : { mayPass: false, concernsAll: true },
  );
}
