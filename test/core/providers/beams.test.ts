/** Beam search through providers: the local one finds what `genai generate --beams` finds, which is held to transformers. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openProvider } from '../../../src/core/providers/open-provider.js';
import { generateText } from '../../../src/lifecycle/generate/generate-text.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { cpuEngine } from '../generation/models.js';
import { failure, networkPorts } from './fake-ports.js';

const STARTER = fileURLToPath(new URL('../../../templates/starter-model', import.meta.url));

describe('beams', () => {
  it('find with a local model what generate finds, prompts asked together included', async () => {
    const prompts = ['The opposite of warm is', 'A fox is'];
    const settings = { maxNewTokens: 6, beams: 3, stop: ['.'], repetitionPenalty: 1.2 };
    const { completions } = await generateText(
      { model: STARTER, prompts, ...settings },
      { fileSystem: nodeFileSystem, createEngine: async () => cpuEngine(), now: () => 0 },
    );
    const provider = await openProvider(STARTER, {
      ...networkPorts(),
      createEngine: async () => cpuEngine(),
    });
    try {
      const requests = prompts.map((text) => ({ prompt: { kind: 'text' as const, text }, settings }));
      const answers = await Promise.all(requests.map((request) => provider.complete(request)));
      expect(answers.map(({ text }) => text)).toEqual(completions.map(({ text }) => text));
      expect(answers.map(({ finishReason }) => finishReason)).toEqual(
        completions.map(({ finish_reason }) => finish_reason),
      );
      // It is not the text of the likeliest tokens one by one.
      const greedy = await provider.complete({ ...requests[1]!, settings: { ...settings, beams: 1 } });
      expect(answers[1]!.text).not.toBe(greedy.text);
    } finally {
      await provider.close();
    }
  });

  it.each(['openai:m@http://localhost:1/v1', 'ollama:m@http://localhost:1'])(
    'are refused by %s before anything is sent',
    async (name) => {
      const fetch = () => Promise.reject(new Error('nothing was to be sent'));
      const provider = await openProvider(name, { ...networkPorts(), fetch });
      const request = {
        prompt: { kind: 'text' as const, text: 'A' },
        settings: { maxNewTokens: 1, beams: 2 },
      };
      const error = await failure(provider.complete(request));
      expect(error).toMatchObject({ code: 'UNSUPPORTED' });
      expect(error.message).toContain('has no beam search');
    },
  );
});
