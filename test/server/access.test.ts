import { connect } from 'node:net';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { END_TOKEN } from '../core/serving/fake-slot-model.js';
import { post, testServer, type TestServer, type TestServerOptions } from './test-server.js';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
async function start(options: TestServerOptions = {}): Promise<TestServer> {
  return (server = await testServer(options));
}

const CHAT = '/v1/chat/completions';
const chat = { model: 'base', messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 };

/** What a server sends until it closes the connection, to a client that never closes its own side. */
function raw(url: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true };
    const socket = connect(options, () => socket.write(text));
    let answer = '';
    let probe: NodeJS.Timeout;
    socket.on('data', (data) => (answer += String(data)));
    // What is written from then on is refused only if the server has let go of the connection.
    socket.on('end', () => (probe = setInterval(() => socket.write('x'), 20)));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(probe);
      resolve(answer);
    });
  });
}

function statusWith(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(`${url}/v1/models`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}

describe('who may ask', () => {
  it('needs the key, where there is one, for all but the page and the state', async () => {
    const { url } = await start({ apiKey: 'right' });
    const status = async (path: string, key?: string): Promise<number> =>
      (await fetch(url + path, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` } }))
        .status;
    expect(await status('/v1/models')).toBe(401);
    expect(await status('/v1/models', 'wrong')).toBe(401);
    expect(await status('/v1/models', 'right!')).toBe(401);
    expect(await status('/v1/models', 'right')).toBe(200);
    expect(await status('/metrics')).toBe(401);
    for (const path of ['/', '/health', '/ready']) expect(await status(path)).toBe(200);
    const refused = await post(server!, CHAT, chat);
    expect(await refused.json()).toMatchObject({ error: { code: 'invalid_api_key', param: null } });
  });

  it('refuses hosts that resolve to this machine by somebody else’s doing', async () => {
    const { url } = await start();
    const port = new URL(url).port;
    expect(await statusWith(url, { host: `evil.example:${port}` })).toBe(403);
    expect(await statusWith(url, { host: '127.evil.example' })).toBe(403);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect(await statusWith(url, { host })).toBe(200);
    }
  });

  it('listens to other machines only with a key, or when told that none is needed', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toThrow('without a key');
    await start({ host: '0.0.0.0', allowUnauthenticated: true });
    await server!.close();
    const { url } = await start({ host: '0.0.0.0', apiKey: 'k' });
    const { port } = new URL(url);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    await expect(start({ port: Number(port), host: '0.0.0.0', apiKey: 'k' })).rejects.toThrow(
      'another program',
    );
  });

  it('refuses keys and origins that no client can send', async () => {
    for (const apiKey of ['', 'two words', 'Schlüssel', 'line\n']) {
      await expect(start({ apiKey })).rejects.toThrow('API key');
    }
    for (const corsOrigin of ['https://app.example/', 'app.example', 'https://a.example\r\nX: 1', '']) {
      await expect(start({ corsOrigin })).rejects.toThrow('no page has this origin');
    }
    await start({ corsOrigin: 'http://localhost:3000' });
  });

  it('lets pages of another origin in only if asked to', async () => {
    const origin = 'https://app.example';
    const preflight = (url: string, from: string) =>
      fetch(`${url}${CHAT}`, {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'POST' },
      });
    const allowed = (response: Response): string | null =>
      response.headers.get('access-control-allow-origin');
    const closed = await start();
    expect(allowed(await preflight(closed.url, origin))).toBeNull();
    await closed.close();
    const { url } = await start({ corsOrigin: origin });
    const yes = await preflight(url, origin);
    expect([yes.status, allowed(yes)]).toEqual([204, origin]);
    expect(allowed(await preflight(url, 'https://evil.example'))).toBeNull();
    expect(allowed(await fetch(`${url}/v1/models`, { headers: { origin } }))).toBe(origin);
  });

  it('takes no body that a page could send unasked', async () => {
    await start();
    const response = await post(server!, CHAT, chat, { 'content-type': 'text/plain' });
    expect(response.status).toBe(415);
  });

  it('shows the page with a policy that lets nothing else in', async () => {
    const { url } = await start();
    const response = await fetch(url);
    const policy = response.headers.get('content-security-policy')!;
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)![1]!;
    expect(policy).toContain("default-src 'none'");
    expect(await response.text()).toMatch(new RegExp(`<script[^>]* nonce="${nonce.replaceAll('+', '\\+')}"`));
    expect((await fetch(url)).headers.get('content-security-policy')).not.toBe(policy);
  });
});

describe('what may be asked', () => {
  it.each([
    ['{"model": "base", "messages": [', 400],
    ['', 400],
    ['[]', 400],
    ['"text"', 400],
    [JSON.stringify({ ...chat, messages: [{ role: 'user', content: 'x'.repeat(200_000) }] }), 413],
  ])('%.40s… is answered with %d', async (body, status) => {
    await start();
    const response = await post(server!, CHAT, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code']);
    expect(JSON.stringify(error)).not.toMatch(/\.[jt]s:\d|node_modules/);
  });

  it('answers 404 for other addresses', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/v1/files`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
  });

  it('closes connections that are no HTTP, or whose request does not arrive', async () => {
    const { url } = await start({ transferTimeout: 300 });
    expect(await raw(url, 'nonsense\r\n\r\n')).toContain('400 Bad Request');
    expect(
      await raw(url, `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
    ).toContain('431');
    const slow = await raw(url, 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expect(slow).toContain('408 Request Timeout');
    const half = await raw(
      url,
      `POST ${CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    expect(half).toContain('408');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('says in its own form what is wrong with an address, and with a body that is not UTF-8', async () => {
    const { url } = await start();
    const address = await fetch(`${url}/v1/models/%zz`);
    expect([address.status, await address.json()]).toMatchObject([400, { error: { param: null } }]);
    const body = Buffer.concat([
      Buffer.from('{"model":"base","prompt":"a'),
      Buffer.of(0xff, 0xfe),
      Buffer.from('"}'),
    ]);
    const damaged = await fetch(`${url}/v1/completions`, {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
    });
    expect(damaged.status).toBe(400);
    expect(await damaged.json()).toMatchObject({ error: { message: expect.stringContaining('UTF-8') } });
  });
});

describe('what takes too long, or is too much', () => {
  const endless = { ...chat, max_tokens: 400, logit_bias: { [END_TOKEN]: -100 } };

  it('is answered with 408 once its time is over, and as the last event of a stream', async () => {
    await start({ timeoutSeconds: 1 });
    server!.slotModels.get('base')!.delay = 20;
    const whole = await post(server!, CHAT, endless);
    expect(whole.status).toBe(408);
    const stream = await post(server!, CHAT, { ...endless, stream: true });
    expect(stream.status).toBe(200);
    const text = await stream.text();
    expect(text).toContain('"code":"request_timeout"');
    expect(text).not.toContain('[DONE]');
    await server!.scheduler.idle();
    expect(server!.scheduler.activeCount).toBe(0);
    expect(server!.entries.map(({ status }) => status)).toEqual([408, 408]);
  });

  it('is cut off where the client takes nothing of its answer, so that the server can end', async () => {
    await start({ transferTimeout: 500, capacity: 10_100, bodyLimit: 1e6 });
    const port = Number(new URL(server!.url).port);
    // 6.4 MB, whole and in pieces: more than the system keeps for a connection.
    const body = {
      model: 'base',
      prompt: Array(20).fill('x'.repeat(10_000)),
      n: 32,
      max_tokens: 1,
      echo: true,
    };
    const sockets = [false, true].map((stream) => {
      const text = JSON.stringify({ ...body, stream });
      const head = `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json`;
      const socket = connect({ port, host: '127.0.0.1' }).pause();
      socket.write(`${head}\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
      return socket.on('error', () => undefined);
    });
    await expect.poll(() => server!.entries.length, { timeout: 8000 }).toBe(2);
    expect(server!.entries.map(({ status }) => status)).toEqual([499, 499]);
    await server!.drain();
    for (const socket of sockets) socket.destroy();
  });

  it('is answered with 429 and when to come again', async () => {
    await start({ slots: 1, queueLimit: 1 });
    server!.slotModels.get('base')!.delay = 60;
    // One answer in more than a second, and probes, which take no time.
    await (await post(server!, CHAT, { ...endless, max_tokens: 20 })).json();
    for (let probe = 0; probe < 20; probe++) await (await fetch(`${server!.url}/health`)).json();
    server!.slotModels.get('base')!.delay = 5;
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => post(server!, CHAT, { ...endless, max_tokens: 20 })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(2);
    expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'queue_full' } });
  });

  it('is no request by itself, however many prompts and answers it has and whoever else asks', async () => {
    await start({ slots: 2, queueLimit: 2 });
    server!.slotModels.get('base')!.delay = 2;
    const prompt = Array.from({ length: 12 }, (_, index) => `prompt ${index}`);
    const many = post(server!, '/v1/completions', { model: 'base', prompt, n: 8, max_tokens: 2 });
    await expect.poll(() => server!.scheduler.activeCount).toBe(2);
    const others = await Promise.all([1, 2].map(() => post(server!, CHAT, chat)));
    expect(others.map(({ status }) => status)).toEqual([200, 200]);
    expect(await (await many).json()).toMatchObject({ choices: { length: 96 } });
  });

  it('is computed no longer once the client has gone', async () => {
    await start();
    server!.slotModels.get('base')!.delay = 5;
    const leaving = new AbortController();
    const response = await fetch(server!.url + CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...endless, stream: true }),
      signal: leaving.signal,
    });
    await response.body!.getReader().read();
    leaving.abort();
    await expect.poll(() => server!.entries.length).toBe(1);
    expect(server!.entries[0]).toMatchObject({ status: 499, stream: true });
    await server!.scheduler.idle();
    expect(server!.slotModels.get('base')!.stepSizes.length).toBeLessThan(100);
  });
});

describe('the end', () => {
  it('comes after the answers that are being given, and refuses new ones', async () => {
    const { url } = await start();
    server!.slotModels.get('base')!.delay = 10;
    const stream = await post(server!, CHAT, {
      ...{ ...chat, max_tokens: 30, stream: true, logit_bias: { [END_TOKEN]: -100 } },
    });
    const drained = server!.drain();
    const refused = await post(server!, CHAT, chat);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/);
    await drained;
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    server = undefined;
  });
});

describe('log and metrics', () => {
  it('count requests, tokens and what was not read again; texts are logged only if asked for', async () => {
    const { url } = await start();
    for (let turn = 0; turn < 2; turn++) await post(server!, CHAT, { ...chat, temperature: 0 });
    await post(server!, CHAT, { ...chat, model: 'none' });
    const text = await (await fetch(`${url}/metrics`)).text();
    const value = (name: string): number =>
      Number(new RegExp(`^${name.replaceAll(/[{}+]/g, '\\$&')} (.*)$`, 'm').exec(text)?.[1]);
    expect(value('genai_requests_total{route="/v1/chat/completions",status="200"}')).toBe(2);
    expect(value('genai_requests_total{route="/v1/chat/completions",status="404"}')).toBe(1);
    const prompt = 'user: hi\n'.length;
    expect(value('genai_prompt_tokens_total')).toBe(2 * prompt);
    expect(value('genai_reused_prompt_tokens_total')).toBe(prompt - 1);
    expect(value('genai_prefix_cache_hits_total')).toBe(1);
    const tokens = server!.entries.reduce((sum, entry) => sum + Number(entry['completion_tokens']), 0);
    expect(value('genai_completion_tokens_total')).toBe(tokens);
    expect(value('genai_time_to_first_token_seconds_count')).toBe(2);
    expect(value('genai_time_to_first_token_seconds_bucket{le="+Inf"}')).toBe(2);
    expect(JSON.stringify(server!.entries)).not.toContain('user: hi');
    await server!.close();
    await start({ logPrompts: true });
    await post(server!, CHAT, chat);
    expect(server!.entries[0]).toMatchObject({ prompts: ['user: hi\n'], status: 200, model: 'base' });
  });
});
