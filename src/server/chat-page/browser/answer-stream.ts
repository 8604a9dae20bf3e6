/** Part of the page's script: requests to the server, and the events of a streamed answer. */
export const ANSWER_STREAM = String.raw`
/** A failure that the server told, or that kept the page from hearing of it. */
class Failure extends Error {
  /**
   * @param {string} message
   * @param {number} [status] of HTTP
   */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * What the server says in an error, whose form is that of OpenAI's API.
 *
 * @param {unknown} body
 * @returns {string | undefined}
 */
function messageOf(body) {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  const { error } = body;
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return String(error.message);
}

/**
 * @param {string} path
 * @param {RequestInit} [request]
 */
async function ask(path, request = {}) {
  const headers = new Headers(request.headers);
  const key = keyField.value.trim();
  if (key !== '') headers.set('authorization', 'Bearer ' + key);
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, { ...request, headers, credentials: 'same-origin', cache: 'no-store' });
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new Failure('The server cannot be reached. It may have been stopped.');
  }
  if (response.ok) return response;
  const said = messageOf(await response.json().catch(() => undefined));
  const wait = response.headers.get('retry-after');
  const hint = response.status === 429 && wait !== null ? ' Try again in ' + wait + ' s.' : '';
  throw new Failure((said ?? 'The server answered with status ' + response.status + '.') + hint, response.status);
}

/** @returns {Promise<string[]>} names of the models that the server has */
async function listModels() {
  /** @type {{ data?: { id: unknown }[] }} */
  const { data = [] } = await (await ask('/v1/models')).json();
  return data.map(({ id }) => String(id));
}

/**
 * The data of server-sent events, as they come (HTML Standard, section 9.2; one line of data an event).
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 */
async function* eventData(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      const lines = (rest + (value ?? '')).split(/\r\n|\n|\r(?=.)/);
      rest = done ? '' : (lines.pop() ?? '');
      for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim();
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

/**
 * Asks for an answer and tells each piece of it.
 *
 * @param {object} request body of the request
 * @param {AbortSignal} signal
 * @param {(piece: string) => void} onPiece
 * @returns {Promise<{ tokens: number | undefined, reason: string | undefined }>} how long the answer is, and why it ended
 */
async function streamAnswer(request, signal, onPiece) {
  const response = await ask('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  if (response.body === null) throw new Failure('The server answered with nothing.');
  /** @type {number | undefined} */
  let tokens;
  /** @type {string | undefined} */
  let reason;
  for await (const data of eventData(response.body)) {
    if (data === '[DONE]') return { tokens, reason };
    /** @type {{ error?: unknown, choices?: { delta?: { content?: string | null }, finish_reason?: string | null }[], usage?: { completion_tokens: number } | null }} */
    const event = JSON.parse(data);
    if (event.error !== undefined) throw new Failure(messageOf(event) ?? 'The server broke the answer off.');
    const [choice] = event.choices ?? [];
    if (choice?.delta?.content) onPiece(choice.delta.content);
    reason = choice?.finish_reason ?? reason;
    tokens = event.usage?.completion_tokens ?? tokens;
  }
  throw new Failure('The connection ended before the answer did.');
}
`;
