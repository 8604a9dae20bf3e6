import { Agent, request, type IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/core/training/random.js';
import { END_TOKEN } from '../core/serving/fake-slot-model.js';
import { testServer, type TestServer } from './test-server.js';

const REQUESTS = 1000;
const CONNECTIONS = 32;

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ slots: 8, queueLimit: 22 });
});
afterAll(() => server.close());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** What came of a request: its status and body, or that this client left. */
type Outcome = { readonly status: number; readonly body: string } | 'left';

function ask(agent: Agent, body: object, leavesAfter: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const received = (response: IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (data: string) => {
        text += data;
        if (text.length < leavesAfter) return;
        response.destroy();
        resolve('left');
      });
      response.on('end', () => resolve({ status: response.statusCode!, body: text }));
      response.on('error', () => resolve('left'));
    };
    const sent = request(
      `${server.url}/v1/chat/completions`,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      received,
    );
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

/** So many requests over all connections; each kind of outcome with its number. */
async function load(seed: number, requests: number): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const random = new Random(seed);
  const counts: Record<string, number> = {};
  let left = requests;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const isStream = random.integer(2) === 0;
      const leavesAfter = isStream && random.integer(5) === 0 ? 1 + random.integer(1500) : Infinity;
      const length = 1 + random.integer(20);
      const outcome = await ask(
        agent,
        {
          model: 'base',
          messages: [{ role: 'user', content: `Question ${random.integer(50)}` }],
          max_tokens: length,
          stream: isStream,
          logit_bias: { [END_TOKEN]: -100 },
        },
        leavesAfter,
      );
      const kind = outcome === 'left' ? 'left' : `${isStream ? 'stream' : 'whole'} ${outcome.status}`;
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (outcome === 'left') continue;
      if (outcome.status === 429) {
        expect(JSON.parse(outcome.body).error.code).toBe('queue_full');
        // Those who came again at once would be most of all requests.
        await new Promise((resolve) => setTimeout(resolve, 30));
      } else if (isStream) expect(outcome.body).toMatch(/"finish_reason":"length".*\n\ndata: \[DONE\]\n\n$/);
      else expect(JSON.parse(outcome.body).usage.completion_tokens).toBe(length);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  return counts;
}

/** Waits for what clients left behind to be let go of. */
async function settled(): Promise<void> {
  await server.scheduler.idle();
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((name) => /Socket|TCPSocketWrap/.test(name)))
    .toEqual([]);
}

describe('under load', () => {
  it('answers every request or says why not, and keeps nothing of them', { timeout: 120_000 }, async () => {
    await load(0, 150);
    await settled();
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = { heap: heapUsed(), timers: timers() };
    server.entries.length = 0;

    const counts = await load(1, REQUESTS);
    await settled();

    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
    expect(Object.keys(counts).filter((kind) => !/^(left|(stream|whole) (200|429))$/.test(kind))).toEqual([]);
    expect(counts['left']).toBeGreaterThan(10);
    expect((counts['whole 429'] ?? 0) + (counts['stream 429'] ?? 0)).toBeGreaterThan(0);
    expect(counts['whole 200']).toBeGreaterThan(100);
    expect(counts['stream 200']).toBeGreaterThan(100);
    await expect.poll(() => server.entries.length).toBe(REQUESTS);
    server.entries.length = 0;
    expect([server.scheduler.activeCount, server.scheduler.waitingCount]).toEqual([0, 0]);
    expect(timers()).toBeLessThanOrEqual(before.timers + 1);
    // A kilobyte kept of each request would be 1 MB.
    expect(heapUsed() - before.heap).toBeLessThan(1_000_000);
  });
});
