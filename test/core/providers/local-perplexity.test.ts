import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProvider } from '../../../src/core/providers/open-provider.js';
import type { Provider } from '../../../src/core/providers/provider.js';
import { GOLDEN, readJson } from '../../golden/golden.js';
import { cpuEngine } from '../generation/models.js';
import { networkPorts } from './fake-ports.js';

const STARTER = fileURLToPath(new URL('../../../templates/starter-model', import.meta.url));

interface Case {
  readonly text: string;
  readonly stride: number;
  readonly tokens: number;
  readonly log_likelihood: number;
}
const { cases, context } = readJson<{ cases: Case[]; context: number }>(join(GOLDEN, 'perplexity.json'));

let provider: Provider;
beforeAll(async () => {
  provider = await openProvider(STARTER, { ...networkPorts(), createEngine: async () => cpuEngine() });
});
afterAll(() => provider.close());

describe('the likelihood of a whole text', () => {
  it('is that of transformers, in windows with any stride', async () => {
    // Together, as an evaluation asks.
    const found = await Promise.all(cases.map(({ text, stride }) => provider.scoreText!({ text, stride })));
    for (const [index, { tokens, log_likelihood }] of cases.entries()) {
      expect(found[index]!.tokens).toBe(tokens);
      expect(Math.abs(found[index]!.logLikelihood / log_likelihood - 1)).toBeLessThan(1e-5);
    }
  });

  it('is read with half a context of overlap unless told otherwise', async () => {
    expect(provider.contextLength).toBe(context);
    const half = cases.find(({ text, stride }) => stride === context / 2 && text.length > 2000)!;
    const { tokens, logLikelihood } = await provider.scoreText!({ text: half.text });
    expect(tokens).toBe(half.tokens);
    expect(Math.abs(logLikelihood / half.log_likelihood - 1)).toBeLessThan(1e-5);
  });
});
