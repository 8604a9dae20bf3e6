import { describe, expect, it } from 'vitest';
import { openProvider } from '../../../src/core/providers/open-provider.js';
import { failure, networkPorts } from './fake-ports.js';

const STARTER = 'templates/starter-model';

describe('openProvider', () => {
  it.each([
    [`./${STARTER}`, `local:./${STARTER}`],
    [STARTER, `local:${STARTER}`],
    [`local:${STARTER}`, `local:${STARTER}`],
    ['openai:org/model@https://example.com/v1', 'openai:org/model'],
    ['OpenAI:@cf/meta/llama@http://localhost:8000', 'openai:@cf/meta/llama'],
    ['ollama:llama3.2:1b', 'ollama:llama3.2:1b'],
  ])('takes %s for %s', async (spec, id) => {
    const provider = await openProvider(spec, networkPorts());
    expect(provider.id).toBe(id);
    await provider.close();
  });

  it.each([
    ['openai:gpt-4o', {}, 'openai:gpt-4o@https://api.openai.com/v1'],
    ['openai:m', { OPENAI_BASE_URL: 'http://box:1/v1' }, 'openai:m@http://box:1/v1'],
    ['openai:m@http://other/v1/', { OPENAI_BASE_URL: 'http://box:1/v1' }, 'openai:m@http://other/v1'],
  ])('%s in %j asks %s', async (spec, environment, fingerprint) => {
    expect(await (await openProvider(spec, networkPorts(environment))).fingerprint()).toBe(fingerprint);
  });

  it.each([
    ['openia:gpt', 'There is no provider "openia"', 'Did you mean openai?'],
    ['olama:x', 'There is no provider "olama"', 'Did you mean ollama?'],
    ['zzzzzz:x', 'There is no provider "zzzzzz"', 'Write ./FOLDER, local:FOLDER, openai:MODEL@URL'],
    ['ollama:', 'The provider "ollama:" names no model', 'ollama:MODEL'],
    ['', 'The provider "" names no model', './FOLDER'],
    ['openai:m@localhost:8000', 'begins with neither http:// nor https://', 'openai:MODEL@http://'],
    ['openai:m@box.local/v1', 'begins with neither http:// nor https://', 'openai:MODEL@http://'],
    ['openai:m@ftp://box', 'begins with neither http:// nor https://', 'openai:MODEL@http://'],
    ['openai:m@http://me:hunter2@box/', 'openai: what follows @: is not the address', 'without a user'],
  ])('refuses %s', async (spec, message, hint) => {
    const error = await failure(openProvider(spec, networkPorts()));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('hunter2');
    expect(error.hint).toContain(hint);
    expect(error.code).toBe('USAGE');
  });

  it('says how models elsewhere are written when there is no such folder', async () => {
    const error = await failure(openProvider('gpt-4o', networkPorts()));
    expect(error.message).toBe('gpt-4o: no such file or folder');
    expect(error.hint).toContain('openai:MODEL@URL');
    expect(error.code).toBe('NOT_FOUND');
  });

  it('refuses options that mean nothing to the kind', async () => {
    const error = await failure(openProvider('ollama:m', networkPorts(), { keyVariable: 'X' }));
    expect(error.message).toBe('ollama:MODEL takes no --key-variable');
    expect(error.hint).toBe('It is for openai:MODEL@URL.');
  });

  it('refuses a key that cannot be one, without repeating it', async () => {
    const error = await failure(openProvider('openai:m', networkPorts({ OPENAI_API_KEY: 'sk-secret key' })));
    expect(error.message).toMatch(/^The key in OPENAI_API_KEY holds/);
    expect(error.message).not.toContain('secret');
  });
});
