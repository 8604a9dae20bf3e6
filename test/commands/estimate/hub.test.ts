import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import EstimateMemory from '../../../src/commands/estimate/memory.js';
import SelectAdd from '../../../src/commands/select/add.js';
import type { MemoryEstimate } from '../../../src/lifecycle/estimate/memory.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { FakeHub } from '../../platform/hub/fake-hub.js';

/** A checkpoint in float32 with its weights, made by transformers: test/golden/make-architectures.py. */
const CASE = new URL('../../golden/architectures/llama/', import.meta.url);

let hub: FakeHub;
let home = '';
beforeAll(async () => {
  hub = await FakeHub.start();
  home = mkdtempSync(join(tmpdir(), 'genai-hub-'));
  const files = ['config.json', 'model.safetensors'].map((name) => [
    name,
    { content: readFileSync(new URL(name, CASE)), lfs: name.endsWith('.safetensors') },
  ]);
  hub.models.set('tiny/llama', { commit: 'a'.repeat(40), files: Object.fromEntries(files) });
});
afterAll(async () => {
  await hub.stop();
  rmSync(home, { recursive: true });
});

const run = (id: string, environment: Record<string, string> = {}, ...argv: string[]) =>
  runCommand(
    EstimateMemory,
    [id, '--json', ...argv],
    fakePorts({ environment: { HF_ENDPOINT: hub.endpoint, HF_HOME: home, ...environment } }),
  );

describe('genai estimate memory hf:ORG/NAME', () => {
  it('reads the configuration and the headers of the weights, and nothing else', async () => {
    const { result, error } = await run('hf:tiny/llama');
    expect(error).toBeUndefined();
    const { model, inference } = result as MemoryEstimate;
    const weights = readFileSync(new URL('model.safetensors', CASE));
    const headerBytes = 8 + Number(weights.readBigUInt64LE());
    // What the file stores, in its own format.
    expect(inference.parts[0]).toMatchObject({ part: 'weights', bytes: weights.length - headerBytes });
    expect(model).toMatchObject({
      source: 'hub',
      name: 'tiny/llama',
      parameters: inference.parts[0]!.bytes / 4,
    });
    expect(hub.bytesServed).toBeLessThan(weights.length);
  });

  it('counts another format where one is asked for', async () => {
    const { result } = await run('hf:tiny/llama', {}, '--dtype', 'int8', '--method', 'lora');
    const { model, inference } = result as MemoryEstimate;
    expect(inference.parts[0]!.bytes).toBeLessThan(2 * model.parameters);
  });

  it('says so when there is no such model, and when it is offline', async () => {
    expect((await run('hf:tiny/missing')).error).toMatchObject({ code: 'NOT_FOUND' });
    expect((await run('hf:tiny/other', { HF_HUB_OFFLINE: '1' })).error).toMatchObject({ code: 'NETWORK' });
    expect((await run('hf:../../etc/passwd')).error).toMatchObject({ code: 'USAGE' });
  });
});

describe('a model of the user’s own', () => {
  it('is estimated by the name it was added under', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'genai-own-'));
    const environment = { XDG_DATA_HOME: folder };
    const own = new URL('../../golden/architectures/llama/', import.meta.url);
    const added = await runCommand(
      SelectAdd,
      [fileURLToPath(own), '--as', 'my-model', '--to', 'user', '--json'],
      fakePorts({ environment }),
    );
    expect(added.error).toBeUndefined();
    const { result, error } = await runCommand(
      EstimateMemory,
      ['my-model', '--json'],
      fakePorts({ environment }),
    );
    expect(error).toBeUndefined();
    expect((result as MemoryEstimate).model).toMatchObject({ source: 'card' });
    rmSync(folder, { recursive: true });
  });
});
