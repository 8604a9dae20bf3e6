import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { createOnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/create-engine.js';
import { probeOnnxRuntime } from '../../../src/core/engine/onnxruntime/probe.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { graphicsProblem } from '../../../src/platform/graphics-driver.js';
import { valuesOf, runOnce } from './contract/case-program.js';
import { KERNEL_CASES } from './contract/kernel-cases.js';
import { TESTED_DEVICE } from './contract/tested-engine.js';

const now = (): number => performance.now();
const withoutDriver = (): string => 'there is no driver';
const PACKAGE = new URL('../../../node_modules/onnxruntime-node/package.json', import.meta.url);

async function failureOf(promise: Promise<unknown>): Promise<ToolkitError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ToolkitError);
  return error as ToolkitError;
}

describe('the probe', () => {
  it('tells the version and tries every provider', async () => {
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
    const probe = await probeOnnxRuntime(withoutDriver);
    expect(probe.version).toBe(version);
    expect(probe.providers.map(({ name }) => name)).toEqual(['cpu', 'webgpu', 'cuda']);
    expect(probe.providers[0]).toEqual({ name: 'cpu', available: true });
    expect(probe.providers[1]).toEqual({ name: 'webgpu', available: false, problem: 'there is no driver' });
    // What works has no problem, what does not has one, in one line.
    for (const { available, problem } of probe.providers) {
      if (available) expect(problem).toBeUndefined();
      else expect(problem).toMatch(/^[^\n]+$/u);
    }
  });

  it.runIf(TESTED_DEVICE === 'webgpu')('finds the device under test', async () => {
    const { providers } = await probeOnnxRuntime(graphicsProblem);
    expect(providers).toContainEqual({ name: 'webgpu', available: true });
  });
});

describe('an engine', () => {
  it.each([TESTED_DEVICE, 'auto'] as const)('on %s computes there', async (device) => {
    // On a driver that imitates a GPU, and where there is none, the processor is the fastest.
    const checks = TESTED_DEVICE === 'webgpu' ? { graphicsProblem } : { graphicsProblem: withoutDriver };
    const engine = await createOnnxRuntimeEngine({ device, threads: 1, now, ...checks });
    expect(engine.device).toBe(device === 'auto' ? 'cpu' : device);
    const part = valuesOf(KERNEL_CASES['BatchMatMul']![0]!);
    const reference = await createReferenceEngine();
    const [actual, expected] = [await runOnce(engine, part), await runOnce(reference, part)];
    for (const [name, values] of Object.entries(expected.values)) {
      values.forEach((value, index) => expect(actual.values[name]![index]).toBeCloseTo(value, 4));
    }
    await engine.dispose();
    await reference.dispose();
  });

  it('on WebGPU needs a driver, and says so', async () => {
    const options = { device: 'webgpu', threads: 1, now, graphicsProblem: withoutDriver } as const;
    const { code, message, hint } = await failureOf(createOnnxRuntimeEngine(options));
    expect([code, message]).toEqual([
      'ENGINE',
      '--device webgpu: ONNX Runtime does not compute there: there is no driver',
    ]);
    expect(hint).toMatch(/driver of your GPU.*--device cpu/u);
  });

  it('on CUDA needs much, and says what', async ({ skip }) => {
    const { providers } = await probeOnnxRuntime(withoutDriver);
    if (providers.find(({ name }) => name === 'cuda')!.available) skip('this machine computes with CUDA');
    const { code, message, hint } = await failureOf(
      createOnnxRuntimeEngine({ device: 'cuda', threads: 1, now }),
    );
    expect(code).toBe('ENGINE');
    expect(message).toMatch(/^--device cuda: ONNX Runtime does not compute there: [^\n]+$/u);
    expect(message).not.toMatch(/\.cc:|onnxruntime_src/u);
    expect(hint).toMatch(/ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node/u);
  });
});

it('leaves the terminal alone, whatever devices there are', () => {
  const url = (path: string): string => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);
  const script = `
    const { createOnnxRuntimeEngine } = await import(${url('core/engine/onnxruntime/create-engine.ts')});
    const { probeOnnxRuntime } = await import(${url('core/engine/onnxruntime/probe.ts')});
    const { graphicsProblem } = await import(${url('platform/graphics-driver.ts')});
    await probeOnnxRuntime(graphicsProblem);
    for (const device of ['cuda', 'webgpu', 'cpu']) {
      const options = { device, threads: 1, now: () => performance.now(), graphicsProblem };
      await createOnnxRuntimeEngine(options).then((engine) => engine.dispose(), () => undefined);
    }
    process.stdout.write('done');
  `;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  expect({ stdout, stderr, status }).toEqual({ stdout: 'done', stderr: '', status: 0 });
});
