import { describe, expect, it } from 'vitest';
import { packagedPath } from '../../src/cli/packaged-path.js';

/** A file system in which there are these paths and no others. */
const having = (...paths: string[]) => ({
  stat: async (path: string) =>
    Promise.resolve(
      paths.includes(path) ? ({ kind: 'directory', size: 0, modified: 0 } as const) : undefined,
    ),
});

describe('what ships with the toolkit', () => {
  const MODEL = 'templates/starter-model';

  it('is found in any folder', async () => {
    expect(await packagedPath(MODEL, '/package', having('/package/templates/starter-model'))).toBe(
      '/package/templates/starter-model',
    );
  });

  it('gives way to what the working folder has under that name', async () => {
    const files = having(MODEL, '/package/templates/starter-model');
    expect(await packagedPath(MODEL, '/package', files)).toBeUndefined();
  });

  it('is meant by no other word', async () => {
    const files = having('/package/templates/starter-model', '/package/src', '/package/templates/../src');
    for (const word of [`./${MODEL}`, `/${MODEL}`, 'src', 'templates/../src', 'templates/missing', 'gpt2']) {
      expect(await packagedPath(word, '/package', files), word).toBeUndefined();
    }
  });
});
