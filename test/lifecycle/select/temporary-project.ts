import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import type { AddModelPorts } from '../../../src/lifecycle/select/add.js';
import type { RecommendPorts } from '../../../src/lifecycle/select/recommend.js';

const folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A folder of the test's own, with a project's cards and a user's below it. */
export async function temporaryProject(): Promise<{ root: string; ports: RecommendPorts & AddModelPorts }> {
  const root = await mkdtemp(join(tmpdir(), 'genai-select-'));
  folders.push(root);
  return {
    root,
    ports: {
      fileSystem: nodeFileSystem,
      cardFolders: { project: join(root, 'project', 'model-cards'), user: join(root, 'user', 'model-cards') },
      projectFolder: join(root, 'project'),
      graphicsCards: { list: async () => [] },
      machineMemoryBytes: () => 16e9,
      hub: async () => {
        throw new Error('the hub was asked');
      },
    },
  };
}
