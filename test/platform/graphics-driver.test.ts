import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { graphicsProblem } from '../../src/platform/graphics-driver.js';

describe.runIf(process.platform === 'linux')('what keeps Linux from computing on a GPU', () => {
  it('is a missing Vulkan loader', () => {
    const asked: string[] = [];
    const problem = graphicsProblem({ VK_DRIVER_FILES: '/driver.json' }, (library) => {
      asked.push(library);
      return false;
    });
    expect(problem).toBe('the Vulkan loader, libvulkan.so.1, is not installed');
    expect(asked).toEqual(['libvulkan.so.1']);
  });

  it.each(['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'])(
    'is nothing where %s names a driver',
    (name) => {
      expect(graphicsProblem({ [name]: '/driver.json' }, () => true)).toBeUndefined();
    },
  );

  it('is nothing where a driver describes itself in a folder of the XDG standard', () => {
    const folder = mkdtempSync(join(tmpdir(), 'vulkan-'));
    mkdirSync(join(folder, 'vulkan/icd.d'), { recursive: true });
    writeFileSync(join(folder, 'vulkan/icd.d/driver.json'), '{}');
    expect(graphicsProblem({ XDG_DATA_DIRS: `/nowhere:${folder}` }, () => true)).toBeUndefined();
    rmSync(folder, { recursive: true });
  });
});

it.runIf(process.platform !== 'linux')('is not looked for elsewhere', () => {
  expect(graphicsProblem({}, () => false)).toBeUndefined();
});
