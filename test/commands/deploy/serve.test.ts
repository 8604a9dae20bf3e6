import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Serve, { type ServeResult } from '../../../src/commands/deploy/serve.js';
import Generate from '../../../src/commands/generate.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { DEVELOPMENT_PROGRAM } from '../../cli/run-program.js';
import { writeTinyAdapter, writeTinyModel } from '../../core/generation/tiny-model.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-serve-'));
  model = join(folder, 'model');
  await writeTinyModel(model);
  mkdirSync(join(folder, 'adapters'));
  await writeTinyAdapter(join(folder, 'adapters', 'other'), model);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
}

/** Runs the command in this process until `use` is done, and then as Ctrl-C ends it. */
async function serve(argv: string[], use: (result: ServeResult) => Promise<void>, environment = {}) {
  const ports = fakePorts({ environment });
  const run = runCommand(
    Serve,
    [model, '--port', '0', '--threads', '1', '--quiet', '--json', ...argv],
    ports,
  );
  try {
    await Promise.race([expect.poll(() => ports.stdout.text, { timeout: 20_000 }).toContain('\n'), run]);
    if (ports.stdout.text !== '') await use(JSON.parse(ports.stdout.text) as ServeResult);
  } finally {
    ports.stop('interrupt');
  }
  return { ...(await run), log: ports.stderr.text };
}

describe('genai deploy serve', () => {
  it('answers as genai generate does, with the model and with an adapter', async () => {
    const generated = async (...flags: string[]) => {
      const argv = [model, '--prompt', 'A dog is', '--max-new-tokens', '12', '--quiet', '--json', ...flags];
      const { result } = await runCommand(Generate, argv);
      return (result as { text: string }).text;
    };
    const adapter = join(folder, 'adapters', 'other');
    const expected = { base: await generated(), other: await generated('--adapter', adapter) };
    expect(expected.other).not.toBe(expected.base);
    const run = await serve(
      ['--adapters-folder', join(folder, 'adapters'), '--slots', '2'],
      async (result) => {
        expect(result).toMatchObject({ models: ['base', 'other'], slots: 2, context: 128 });
        const client = clientOf(result.url);
        const answers = await Promise.all(
          (['base', 'other', 'base', 'other'] as const).map(async (name) => {
            const { choices } = await client.completions.create({
              ...{ model: name, prompt: 'A dog is', max_tokens: 12, temperature: 0 },
            });
            return choices[0]!.text === expected[name];
          }),
        );
        expect(answers).toEqual([true, true, true, true]);
        const { data } = await client.embeddings.create({ model: 'other', input: ['one', 'two'] });
        expect(Math.hypot(...data[1]!.embedding)).toBeCloseTo(1, 5);
      },
    );
    expect(run.error).toBeUndefined();
    expect(run.stdout.trim().split('\n')).toHaveLength(1);
    const entries = run.log.split('\n').filter((line) => line.startsWith('{'));
    expect(entries.map((line) => JSON.parse(line).route)).toEqual([
      ...Array<string>(4).fill('/v1/completions'),
      '/v1/embeddings',
    ]);
  });

  it('takes the key from the environment', async () => {
    await serve(
      ['--context', '64'],
      async ({ url, context }) => {
        expect(context).toBe(64);
        expect((await fetch(`${url}/v1/models`)).status).toBe(401);
        const headers = { authorization: 'Bearer secret' };
        expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(200);
      },
      { GENAI_API_KEY: 'secret' },
    );
  });

  it.each([
    [['--host', '0.0.0.0'], 'USAGE', 'without a key'],
    [['--context', '4096'], 'USAGE', '128 tokens'],
    [['--adapter', 'x=/nowhere'], 'NOT_FOUND', '/nowhere'],
  ])('refuses %j', async (argv, code, message) => {
    const { error } = await serve(argv, async () => undefined);
    expect([error?.code, error?.message]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe('the process', () => {
  interface Running {
    readonly child: ChildProcess;
    readonly url: string;
    readonly ended: Promise<unknown[]>;
  }

  async function start(port: number): Promise<Running> {
    const argv = ['deploy', 'serve', model, '--port', String(port), '--threads', '1', '--quiet', '--json'];
    const environment: NodeJS.ProcessEnv = { ...process.env };
    delete environment['NODE_ENV'];
    const child = spawn(process.execPath, [DEVELOPMENT_PROGRAM, ...argv], {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'exit');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { child, url: (JSON.parse(line) as ServeResult).url, ended };
  }

  it(
    'is killed and started again at the same port; SIGTERM lets answers finish',
    { timeout: 120_000 },
    async () => {
      const first = await start(0);
      const stream = await clientOf(first.url).completions.create({
        ...{ model: 'base', prompt: 'Once', max_tokens: 100, temperature: 0 },
        stream: true,
      });
      const cut = (async () => {
        for await (const _chunk of stream) first.child.kill('SIGKILL');
      })();
      await expect(cut).rejects.toThrow();
      await first.ended;

      const second = await start(Number(new URL(first.url).port));
      expect(second.url).toBe(first.url);
      let reason: string | null = null;
      const whole = await clientOf(second.url).completions.create({
        ...{ model: 'base', prompt: 'Once', max_tokens: 100, temperature: 0 },
        stream: true,
      });
      let isFirst = true;
      for await (const chunk of whole) {
        if (isFirst) second.child.kill('SIGTERM');
        isFirst = false;
        reason = chunk.choices[0]!.finish_reason;
      }
      expect(['stop', 'length']).toContain(reason);
      expect(await second.ended).toEqual([0, null]);
    },
  );
});
