import { ModelPool } from '../../src/core/serving/model-pool.js';
import { ServingStatistics } from '../../src/core/serving/serving-statistics.js';
import { Turns } from '../../src/core/serving/turns.js';
import type { ServerSettings } from '../../src/server/server-settings.js';
import { startServer } from '../../src/server/server.js';
import {
  byteTokenizer,
  FAKE_HIDDEN,
  FAKE_VOCABULARY,
  FakeSlotModel,
} from '../core/serving/fake-slot-model.js';

export interface TestServerOptions extends Partial<ServerSettings> {
  slots?: number;
  capacity?: number;
  queueLimit?: number;
  adapters?: string[];
  failing?: string[];
  /** Seeds of requests that give none. */
  randomSeed?: () => number;
}

/** A server on any free port, over the fake model. */
export async function testServer(options: TestServerOptions = {}) {
  const { slots = 4, capacity = 500, queueLimit = 1000, adapters = [], failing = [], ...others } = options;
  const { randomSeed = () => 7, ...settings } = others;
  const statistics = new ServingStatistics();
  const slotModels = new Map<string, FakeSlotModel>();
  const load = async (name: string) => {
    if (failing.includes(name)) throw new Error(`/secret/folder/${name} is damaged`);
    const slotModel = new FakeSlotModel(slots, capacity, 64);
    slotModels.set(name, slotModel);
    return { slotModel, tokenizer: byteTokenizer, vocabulary: FAKE_VOCABULARY, hidden: FAKE_HIDDEN };
  };
  const models = new ModelPool(load, adapters, 1, { queueLimit, turns: new Turns(), statistics });
  await models.lease('base');
  const entries: Record<string, unknown>[] = [];
  const server = await startServer(
    models,
    statistics,
    {
      host: '127.0.0.1',
      port: 0,
      apiKey: undefined,
      allowUnauthenticated: false,
      corsOrigin: undefined,
      timeoutSeconds: 30,
      bodyLimit: 100_000,
      transferTimeout: 30_000,
      logPrompts: false,
      ...settings,
    },
    {
      now: () => performance.timeOrigin + performance.now(),
      log: (entry) => entries.push(entry),
      randomSeed,
    },
  );
  return {
    url: server.url,
    entries,
    slotModels,
    scheduler: models.loaded[0]!.scheduler,
    drain: () => server.drain(),
    async close() {
      await server.drain();
      await models.dispose();
    },
  };
}

/** A running {@link testServer}. */
export type TestServer = Awaited<ReturnType<typeof testServer>>;

/** Posts a body as it is. */
export function post(server: TestServer, path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
