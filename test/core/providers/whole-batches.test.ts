import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BatchQueue } from '../../../src/core/providers/batch-queue.js';
import { CompletionCache } from '../../../src/core/providers/completion-cache.js';
import type { Completion } from '../../../src/core/providers/provider.js';
import { runRequests } from '../../../src/core/providers/run-requests.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { fakeProvider, promptText } from '../evaluation/fake-provider.js';
import { FakeClock } from './fake-ports.js';

it('what is answered together is asked together again, however slow the file of the cache', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'genai-batches-'));
  const sizes: number[] = [];
  const told: number[] = [];
  const queue = new BatchQueue<string, Completion>(
    (waiting) => waiting,
    async (batch) => {
      sizes.push(batch.length);
      const unknown = { promptTokens: null, completionTokens: null, costUsd: null, latencySeconds: null };
      return batch.map((text) => ({ text, finishReason: 'stop', ...unknown }));
    },
  );
  const provider = {
    ...fakeProvider({}),
    usual: { concurrency: 8, timeoutSeconds: null },
    complete: (request: Parameters<typeof promptText>[0]) => queue.add(promptText(request)),
  };
  const requests = Array.from({ length: 20 }, (_, row) => ({
    prompt: { kind: 'text' as const, text: `row ${row}` },
    settings: { maxNewTokens: 1 },
  }));
  await runRequests(provider, requests, {
    clock: new FakeClock(),
    cache: new CompletionCache(nodeFileSystem, folder),
    onProgress: ({ done }) => told.push(done),
  });
  expect(sizes).toEqual([8, 8, 4]);
  expect(told).toEqual(Array.from({ length: 21 }, (_, done) => done));
  // All is in the file once the run has ended.
  const [file] = readdirSync(folder);
  expect(readFileSync(join(folder, file!), 'utf8').trimEnd().split('\n')).toHaveLength(20);
  rmSync(folder, { recursive: true });
});
