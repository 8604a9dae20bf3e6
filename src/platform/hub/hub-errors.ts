import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { FORMS, type RepositoryKind } from './model-id.js';

/** Error codes by which Node says that there is no way to a server at all, so that trying again soon is idle. */
const UNREACHABLE = new Map([
  ['ENOTFOUND', 'its name is not known'],
  ['EAI_AGAIN', 'its name cannot be looked up'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no network'],
  ['EACCES', 'the connection was refused'],
  ['ETIMEDOUT', 'it does not answer'],
  ['UND_ERR_CONNECT_TIMEOUT', 'it does not answer'],
]);

/** Codes of TLS for a server that does not prove who it is. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/** Why there is no way to the server, unless the connection merely broke. */
function unreachableReason(code: string): string | undefined {
  return UNREACHABLE.get(code) ?? (UNTRUSTED.test(code) ? 'its certificate is not trusted' : undefined);
}

/** The code of the innermost error that has one: `fetch` wraps the failure of the connection. */
function systemCode(error: unknown): string | undefined {
  let code: string | undefined;
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    const own = (inner as NodeJS.ErrnoException).code;
    if (typeof own === 'string') code = own;
  }
  return code;
}

/** Whether a failed connection is worth another try: it broke, instead of never coming about. */
export function isTransient(error: unknown): boolean {
  return unreachableReason(systemCode(error) ?? '') === undefined && !(error instanceof ToolkitError);
}

const REACH_HINT = 'Check the network, and HF_ENDPOINT if it is set; what is in the cache needs no network.';

/** The error for a server that gave no answer. The cause is told by its code alone: errors may quote headers. */
export function connectionError(host: string, error: unknown): ToolkitError {
  const code = systemCode(error);
  const reason = unreachableReason(code ?? '') ?? 'the connection broke';
  return new ToolkitError(
    `${host} cannot be reached: ${reason}${code === undefined ? '' : ` (${code})`}`,
    'NETWORK',
    REACH_HINT,
  );
}

/** The error for a server that stays silent. */
export function timeoutError(host: string, seconds: number): ToolkitError {
  return new ToolkitError(`${host} did not answer within ${seconds} s`, 'NETWORK', REACH_HINT);
}

/** The error for whatever would need the network while that is switched off. */
export function offlineError({ id, kind = 'model' }: HubSubject): ToolkitError {
  return new ToolkitError(
    `HF_HUB_OFFLINE forbids to ask the hub for ${id ?? 'models'}`,
    'NETWORK',
    id === undefined
      ? 'Unset HF_HUB_OFFLINE.'
      : `The cache lacks it or a part of it: unset HF_HUB_OFFLINE${kind === 'model' ? ', and `genai select pull` brings it' : ' to download it'}.`,
  );
}

/** What a request asked for, to name it in messages. */
export interface HubSubject {
  /** Id of the repository; absent for a search. */
  readonly id?: string;
  /** By default a model. */
  readonly kind?: RepositoryKind;
  readonly revision?: string;
  readonly path?: string;
}

const TOKEN_HINT = 'Log in at the hub, make an access token, and set HF_TOKEN to it';

/**
 * The error for an answer other than success, by the hub's `X-Error-Code` and status.
 * @param hasToken whether the request carried an access token
 */
export function statusError(
  response: Response,
  endpoint: string,
  subject: HubSubject,
  hasToken: boolean,
): ToolkitError {
  const { status } = response;
  const code = response.headers.get('x-error-code');
  const host = new URL(endpoint).host;
  const { kind = 'model' } = subject;
  const id = subject.id ?? 'the search';
  const page = `${endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${subject.id ?? ''}`;
  if (code === 'GatedRepo') {
    return new ToolkitError(
      `${id} is gated: its authors let only those read it who accept their terms`,
      'NETWORK',
      `Accept the licence at ${page}, then ${hasToken ? 'run again with the token of that account' : 'set HF_TOKEN to an access token of that account'}.`,
    );
  }
  if (code === 'RevisionNotFound') {
    return new ToolkitError(
      `${id} has no revision ${JSON.stringify(subject.revision ?? 'main')}`,
      'NOT_FOUND',
      'Give a branch, a tag or a commit of the repository; the usual one is main.',
    );
  }
  if (code === 'EntryNotFound') {
    return new ToolkitError(`${id} has no file ${JSON.stringify(subject.path ?? '')}`, 'NOT_FOUND');
  }
  if (status === 401 && hasToken && code !== 'RepoNotFound') {
    return new ToolkitError(
      `${host} rejects the access token`,
      'NETWORK',
      `${TOKEN_HINT}; or unset it, if the ${kind} is public.`,
    );
  }
  // Without a token the hub does not tell a private model from one that does not exist.
  if (subject.id !== undefined && (status === 404 || (status === 401 && code === 'RepoNotFound'))) {
    return new ToolkitError(
      `${host} knows no ${kind} ${id}`,
      'NOT_FOUND',
      `${FORMS[kind]} If it is private, ${hasToken ? 'the token must be of an account that may read it' : 'set HF_TOKEN'}.`,
    );
  }
  if (status === 401 || status === 403) {
    return new ToolkitError(
      `${host} does not let ${hasToken ? 'this account' : 'anonymous users'} read ${id} (status ${status})`,
      'NETWORK',
      `Accept its licence at ${page} if it asks for that. ${TOKEN_HINT}.`,
    );
  }
  if (status === 429) {
    return new ToolkitError(
      `${host} was asked too often and wants a pause (status 429)`,
      'NETWORK',
      'Wait a few minutes, or set HF_TOKEN: accounts may ask more often.',
    );
  }
  const isTheirs = status >= 500;
  return new ToolkitError(
    `${host} answered with status ${status} when asked for ${id}`,
    'NETWORK',
    isTheirs ? 'The server has a fault; try again later.' : REACH_HINT,
  );
}

/** The error for an answer that is not what the hub's interface promises. */
export function answerError(host: string, problem: string): ToolkitError {
  return new ToolkitError(
    `${host} gave an answer that cannot be used: ${problem}`,
    'NETWORK',
    'If HF_ENDPOINT is set, see that it is the address of a Hugging Face hub.',
  );
}
