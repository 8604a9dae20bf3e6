import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import type { TokenEvent } from '../../../src/core/generation/generate.js';
import type { RunModelPorts } from '../../../src/lifecycle/generate/generation-options.js';
import { generateText } from '../../../src/lifecycle/generate/generate-text.js';
import { openChat } from '../../../src/lifecycle/generate/open-chat.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { cpuEngine } from '../../core/generation/models.js';
import { writeTinyAdapter, writeTinyModel } from '../../core/generation/tiny-model.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-generate-text-'));
  model = join(folder, 'model');
  await writeTinyModel(model);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Ports whose clock goes on by a quarter of a second whenever it is asked. */
function ports(changes: Partial<RunModelPorts> = {}): RunModelPorts {
  let time = 1_000_000_000_000;
  return {
    fileSystem: nodeFileSystem,
    createEngine: async () => cpuEngine(),
    now: () => (time += 250),
    ...changes,
  };
}

/** Ports with which nothing may be computed. */
const idle = ports({ createEngine: () => expect.fail('the engine was made') });

async function failure(action: Promise<unknown>): Promise<ToolkitError> {
  const error = await action.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ToolkitError);
  return error as ToolkitError;
}

describe('generateText', () => {
  it('continues each prompt and tells the figures', async () => {
    const prompts = ['Once upon a time', 'A fox'];
    const result = await generateText({ model, prompts, maxNewTokens: 6 }, ports());
    expect(result.completions.map(({ finish_reason }) => finish_reason)).toEqual(['length', 'length']);
    expect(result.completions.map(({ token_ids }) => token_ids.length)).toEqual([6, 6]);
    expect(result.completions.map(({ completion_tokens }) => completion_tokens)).toEqual([6, 6]);
    // Twelve tokens: eleven after the first, each a quarter of a second after the one before.
    expect(result.tokens_per_second).toBe(4);
    expect(result.seed).toBeNull();
    const [alone] = (await generateText({ model, prompts: ['A fox'], maxNewTokens: 6 }, ports())).completions;
    expect(result.completions[1]).toEqual(alone);
  });

  it('takes the clock for a seed and tells it, so that the text can be drawn again', async () => {
    const options = { model, prompts: ['Once'], maxNewTokens: 8, temperature: 1.2 };
    const drawn = await generateText(options, ports());
    expect(drawn.seed).toBeTypeOf('number');
    const again = await generateText({ ...options, seed: drawn.seed! }, ports({ now: () => 0 }));
    expect(again.completions).toEqual(drawn.completions);
    expect(again.tokens_per_second).toBeNull();
  });

  it("puts the prompt into the model's chat template", async () => {
    const options = { model, maxNewTokens: 5 };
    const chat = await generateText(
      { ...options, prompts: ['Hello'], chat: true, system: 'Be kind.' },
      ports(),
    );
    // The starter model's template, written out.
    const written = '<|system|>\nBe kind.\n<|user|>\nHello\n<|assistant|>\n';
    expect(chat).toEqual(await generateText({ ...options, prompts: [written] }, ports()));
  });

  it('searches with beams, each prompt by itself, and shows each text once it is found', async () => {
    const options = { model, prompts: ['Once', 'A fox'], maxNewTokens: 6, lengthPenalty: 0 };
    const shown: TokenEvent[] = [];
    const result = await generateText(
      { ...options, beams: 4 },
      ports({ onToken: (event) => shown.push(event) }),
    );
    expect(result).toMatchObject({ tokens_per_second: null, seed: null });
    expect(shown.map(({ text }) => text)).toEqual(result.completions.map(({ text }) => text));
    const [, second] = result.completions;
    expect(second!.token_ids).toHaveLength(6);
    expect(second!.beam_score).toBeLessThan(0);
    const alone = await generateText({ ...options, prompts: ['A fox'], beams: 4 }, ports());
    expect(alone.completions).toEqual([second]);
  });

  it.each([
    [{ beams: 2, temperature: 1 }, ['--beams: looks for the likeliest text']],
    [
      { lengthPenalty: 2, earlyStopping: true },
      ['--length-penalty: needs at least 2', '--early-stopping: needs'],
    ],
    [{ beams: 65 }, ['--beams: ']],
  ])('refuses %j', async (options, messages) => {
    const error = await failure(generateText({ model, prompts: ['x'], ...options }, idle));
    expect(error.code).toBe('USAGE');
    for (const message of messages) expect(error.message).toContain(message);
  });

  it('uses an adapter', async () => {
    const adapter = join(folder, 'adapter');
    await writeTinyAdapter(adapter, model);
    const options = { prompts: ['Once upon a time'], maxNewTokens: 5 };
    const adapted = await generateText({ ...options, model, adapter }, ports());
    expect(adapted.completions).toEqual(
      (await generateText({ ...options, model: adapter }, ports())).completions,
    );
    expect(adapted.completions).not.toEqual((await generateText({ ...options, model }, ports())).completions);
  });

  it('begins from nothing where the model has a token for that', async () => {
    const { completions } = await generateText({ model, prompts: [''], maxNewTokens: 2 }, ports());
    expect(completions[0]).toMatchObject({ prompt_tokens: 1, completion_tokens: 2 });
  });

  it('lists all bad options at once, under their flags', async () => {
    const { code, message } = await failure(
      generateText(
        { model, prompts: ['x'], topP: 2, temperature: 1e-9, stop: ['a', ''], maxNewTokens: 0 },
        idle,
      ),
    );
    expect(code).toBe('USAGE');
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      '--max-new-tokens',
      '--temperature',
      '--top-p',
      '--stop',
    ]);
  });

  it('refuses a prompt that is too long before it loads anything', async () => {
    const long = 'hello world '.repeat(200);
    const { code, message } = await failure(generateText({ model, prompts: ['short', long] }, idle));
    expect(code).toBe('CONTEXT_OVERFLOW');
    expect(message).toMatch(/^prompt 2 has \d+ tokens; the model's context window is 128 tokens/);
  });

  it('ends in an error when it is interrupted, after what it has was shown', async () => {
    const stop = new AbortController();
    const reason = new ToolkitError('Stopped', 'INTERRUPTED');
    let shown = '';
    const onToken = ({ text }: { text: string }) => {
      shown += text;
      stop.abort(reason);
    };
    const run = generateText({ model, prompts: ['Once'] }, ports({ signal: stop.signal, onToken }));
    expect(await failure(run)).toBe(reason);
    expect(shown).not.toBe('');
  });
});

describe('openChat', () => {
  it('holds a conversation', async () => {
    const chat = await openChat({ model, maxNewTokens: 4, system: 'Be kind.' }, ports());
    const { text } = await chat.session.reply('Hello');
    const single = { model, maxNewTokens: 4, prompts: ['Hello'], chat: true, system: 'Be kind.' };
    expect(text).toBe((await generateText(single, ports())).completions[0]!.text);
    await chat.close();
  });

  it('refuses a model without a chat template before it loads anything', async () => {
    const plain = join(folder, 'plain');
    await writeTinyModel(plain);
    await nodeFileSystem.remove(join(plain, 'tokenizer_config.json'));
    expect((await failure(openChat({ model: plain }, idle))).code).toBe('UNSUPPORTED');
  });
});
