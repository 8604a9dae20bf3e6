import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Chat, { type ChatResult } from '../../src/commands/chat.js';
import { fakePorts } from '../cli/fake-ports.js';
import { runCommand } from '../cli/run-command.js';
import { writeTinyModel } from '../core/generation/tiny-model.js';

let model: string;
beforeAll(async () => {
  model = mkdtempSync(join(tmpdir(), 'genai-chat-'));
  await writeTinyModel(model);
});
afterAll(() => {
  rmSync(model, { recursive: true });
});

/** Chats with lines piped in. */
async function chat(lines: string, flags: string[] = [], ports = fakePorts()) {
  class PipedChat extends Chat {
    protected override get input() {
      return Readable.from([lines]);
    }
  }
  const run = await runCommand(PipedChat, [model, '--max-new-tokens', '5', '--quiet', ...flags], ports);
  return { ...run, turns: (run.result as ChatResult | undefined)?.turns };
}

describe('genai chat', () => {
  it('answers line by line, knowing what was said before', async () => {
    const { stdout, turns } = await chat('Hello\n\nAnd now?\n');
    expect(turns!.map(({ user }) => user)).toEqual(['Hello', 'And now?']);
    expect(stdout).toBe(turns!.map(({ assistant }) => `${assistant}\n`).join(''));
    const [alone] = (await chat('And now?')).turns!;
    expect(turns![1]!.prompt_tokens).toBeGreaterThan(alone!.prompt_tokens);
  });

  it('forgets with /reset, leaves with /exit, and knows no other command', async () => {
    const { turns } = await chat('Hello\n/reset\n/nonsense\nHello\n/help\n/exit\nunread\n');
    expect(turns).toHaveLength(2);
    expect(turns![1]).toEqual(turns![0]);
  });

  it('says nothing but the result with --json', async () => {
    const { stdout, turns } = await chat('Hello', ['--json']);
    expect(JSON.parse(stdout)).toEqual({ turns });
  });

  it('begins with the system message', async () => {
    const [plain] = (await chat('Hello')).turns!;
    const [kind] = (await chat('Hello', ['--system', 'Be kind.'])).turns!;
    expect(kind!.prompt_tokens).toBeGreaterThan(plain!.prompt_tokens);
  });

  it('fails when the conversation outgrows the context window and nobody is there', async () => {
    const { error, stdout } = await chat('Tell me more about it.\n'.repeat(30));
    expect(error?.code).toBe('CONTEXT_OVERFLOW');
    expect(stdout.split('\n').length).toBeGreaterThan(3);
  });

  it('is over when nobody is there and it is interrupted', async () => {
    const ports = fakePorts();
    const write = ports.stdout.write.bind(ports.stdout);
    ports.stdout.write = (text) => {
      write(text);
      ports.stop('interrupt');
    };
    const { error, stdout } = await chat('Hello\nHello\n', [], ports);
    expect(error?.code).toBe('INTERRUPTED');
    expect(stdout).not.toBe('');
    expect(ports.stoppable).toBe(false);
  });
});
