import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { TESTED_DEVICE } from './contract/tested-engine.js';

/**
 * The GPU path without a GPU: the engine's tests once more on WebGPU, over SwiftShader, the Vulkan driver in software that
 * comes with Chromium. The driver must be in the environment before a process starts, hence the process of its own.
 *
 * On a real GPU, and for the kernels too, which take a minute here:
 *
 *     GENAI_TEST_DEVICE=webgpu npx vitest run test/contracts/engine test/core/engine test/core/optimizers test/core/adapters
 */
const FILES = [
  'test/contracts/engine-operations.test.ts',
  'test/core/engine/onnxruntime.test.ts',
  'test/core/engine/onnxruntime-devices.test.ts',
  'test/core/engine/golden-on-device.test.ts',
];

/** Where distributions put Chromium's driver, with the Vulkan loader beside it. */
const DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TIMEOUT_MILLISECONDS = 10 * 60_000;

const driver = process.platform === 'linux' ? DRIVERS.find((path) => existsSync(path)) : undefined;

/** Why this is skipped: in the test's name, so that every run says it. */
const skipped =
  TESTED_DEVICE === 'webgpu'
    ? 'already on WebGPU'
    : driver === undefined
      ? 'there is no SwiftShader: install the package chromium of Debian'
      : undefined;

async function runTests(environment: NodeJS.ProcessEnv): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...FILES], {
    cwd: ROOT,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, output };
}

it.skipIf(skipped !== undefined)(
  `the engine's tests pass on WebGPU${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'webgpu-'));
    const { status, output } = await runTests({
      ...process.env,
      GENAI_TEST_DEVICE: 'webgpu',
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      VK_DRIVER_FILES: driver,
      LD_LIBRARY_PATH: [dirname(driver!), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'),
      XDG_RUNTIME_DIR: folder,
    });
    rmSync(folder, { recursive: true });
    expect(status, output).toBe(0);
    // All of them, and none of them skipped for want of the device.
    expect(output).toMatch(new RegExp(`Test Files.*${FILES.length} passed`, 'u'));
  },
  TIMEOUT_MILLISECONDS,
);
