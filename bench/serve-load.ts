/**
 * Puts a real server under load, by hand:
 *
 *     npx tsx bench/serve-load.ts [--model FOLDER] [--requests N] [--connections N] [--max-tokens N] [--slots N]
 *
 * Reports requests and tokens per second, latencies, what came of the requests, and the server's heap before and after,
 * both once its garbage is collected. One in ten streams is left in the middle.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../src/core/training/random.js';
import { countArgument } from './arguments.js';
import { median } from './statistics.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OPENINGS = [
  'What is a dog?',
  'Tell me a story about the sea.',
  'Who are you?',
  'Write about a long day.',
];

/** Preloaded into the server: tells memory at SIGUSR2. */
const MEMORY_PROBE = `process.on('SIGUSR2', () => {
  gc();
  const { heapUsed, rss } = process.memoryUsage();
  console.error(JSON.stringify({ event: 'memory', heapUsed, rss, handles: process.getActiveResourcesInfo().length }));
});`;

interface Memory {
  readonly heapUsed: number;
  readonly rss: number;
  readonly handles: number;
}

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: fileURLToPath(new URL('../templates/starter-model', import.meta.url)) },
    requests: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '32' },
    'max-tokens': { type: 'string', default: '32' },
    slots: { type: 'string', default: '8' },
  },
});
const requests = countArgument('requests', values.requests);
const connections = countArgument('connections', values.connections);
const maxTokens = countArgument('max-tokens', values['max-tokens']);

const probe = `data:text/javascript,${encodeURIComponent(MEMORY_PROBE)}`;
const server = spawn(
  process.execPath,
  [
    ...['--expose-gc', '--import', probe, 'bin/dev.js', 'deploy', 'serve', values.model],
    ...['--port', '0', '--json', '--quiet', '--slots', values.slots],
  ],
  { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
);
const memories: Memory[] = [];
createInterface(server.stderr).on('line', (line) => {
  if (line.startsWith('{"event":"memory"')) memories.push(JSON.parse(line) as Memory);
});
const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
const { url } = JSON.parse(line) as { url: string };

async function memory(): Promise<Memory> {
  const known = memories.length;
  server.kill('SIGUSR2');
  while (memories.length === known) await new Promise((resolve) => setTimeout(resolve, 50));
  return memories.at(-1)!;
}

const random = new Random(1);
const outcomes: Record<string, number> = {};
const latencies: number[] = [];
let tokens = 0;

/** One request; a client that leaves reads a little of the answer. */
async function ask(): Promise<string> {
  const isStream = random.integer(2) === 0;
  const leaves = isStream && random.integer(10) === 0;
  const began = performance.now();
  const leaving = new AbortController();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'base',
      messages: [
        { role: 'user', content: `${OPENINGS[random.integer(OPENINGS.length)]!} ${random.integer(100)}` },
      ],
      max_tokens: maxTokens,
      stream: isStream,
      ...(isStream && { stream_options: { include_usage: true } }),
    }),
    signal: leaving.signal,
  });
  if (leaves) {
    await response.body!.getReader().read();
    leaving.abort();
    return 'left by the client';
  }
  const text = await response.text();
  if (response.status === 200) {
    if (isStream && !text.endsWith('data: [DONE]\n\n')) return 'cut off';
    tokens += Number(/"completion_tokens":(\d+)/.exec(text)?.[1]);
    latencies.push(performance.now() - began);
  }
  return String(response.status);
}

async function load(count: number): Promise<number> {
  let left = count;
  const began = performance.now();
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const outcome = await ask().catch((error: unknown) => `failed: ${String(error)}`);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  return (performance.now() - began) / 1000;
}

// What is compiled and cached at first is no leak.
await load(Math.ceil(requests / 10));
for (const key of Object.keys(outcomes)) delete outcomes[key];
latencies.length = 0;
tokens = 0;
const before = await memory();
const seconds = await load(requests);
await new Promise((resolve) => setTimeout(resolve, 1000));
const after = await memory();
server.kill('SIGTERM');
const [status] = (await once(server, 'exit')) as [number | null];

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const sorted = [...latencies].sort((a, b) => a - b);
process.stdout.write(
  [
    `${requests} requests over ${connections} connections in ${seconds.toFixed(1)} s`,
    `${(requests / seconds).toFixed(1)} requests/s, ${(tokens / seconds).toFixed(0)} tokens/s of finished answers`,
    `latency: median ${median(latencies).toFixed(0)} ms, 99 % below ${sorted[Math.floor(sorted.length * 0.99)]!.toFixed(0)} ms`,
    `outcomes: ${JSON.stringify(outcomes)}`,
    `heap ${megabytes(before.heapUsed)} before, ${megabytes(after.heapUsed)} after`,
    `resident ${megabytes(before.rss)} before, ${megabytes(after.rss)} after`,
    `active handles ${before.handles} before, ${after.handles} after; the server ended with status ${status}`,
    '',
  ].join('\n'),
);
