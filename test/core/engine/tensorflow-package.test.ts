/** How the tensorflow engine judges the package it finds, with packages made for the purpose. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTensorflowEngine, probeTensorflow } from '../../../src/core/engine/tensorflow-engine.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-tensorflow-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function makePackage(name: string, code: string): string {
  const packageFolder = join(folder, name);
  mkdirSync(packageFolder);
  const manifest = { name: `@tensorflow/${name}`, version: '4.22.0' };
  writeFileSync(join(packageFolder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(packageFolder, 'index.js'), code);
  return packageFolder;
}

it('says what to install', async () => {
  const packageFolder = join(folder, 'nothing');
  expect(await probeTensorflow({ packageFolder })).toEqual({
    installed: false,
    gpu: false,
    problem: `${packageFolder} holds no npm package`,
  });
  const versions = [
    // Read in the README and scripts/deps-constants.js of tfjs-node 4.22.0.
    'npm install @tensorflow/tfjs-node@4.22.0',
    'npm install @tensorflow/tfjs-node-gpu@4.22.0',
    'libtensorflow 2.9.1',
    'CUDA 11.2',
    'cuDNN 8.1',
  ];
  const error: unknown = await createTensorflowEngine({ packageFolder }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ENGINE' });
  for (const version of versions) expect(error).toMatchObject({ hint: expect.stringContaining(version) });
});

it('tells a package whose binding is missing from one that is not installed', async () => {
  const packageFolder = makePackage('tfjs-node', 'throw new Error("no tfjs_binding.node\\nsecond line")');
  expect(await probeTensorflow({ packageFolder })).toEqual({
    installed: true,
    package: '@tensorflow/tfjs-node',
    version: '4.22.0',
    gpu: false,
    problem: '@tensorflow/tfjs-node 4.22.0 does not load: no tfjs_binding.node',
  });
  await expect(createTensorflowEngine({ packageFolder })).rejects.toMatchObject({
    code: 'ENGINE',
    hint: expect.stringContaining('npm rebuild @tensorflow/tfjs-node'),
  });
});

it('believes what the backend says of its device, not what was asked for', async () => {
  const library = createRequire(import.meta.url).resolve('@tensorflow/tfjs');
  const packageFolder = makePackage(
    'tfjs-node-gpu',
    `const tf = require(${JSON.stringify(library)});
    class Backend extends tf.KernelBackend {
      isUsingGpuDevice = false;
      binding = { TF_Version: '2.9.1' };
    }
    tf.registerBackend('tensorflow', () => new Backend(), 3);
    tf.setBackend('tensorflow');
    // What 4.22.0 calls of node:util, gone since Node 23.
    const { isArray, isNullOrUndefined } = require('util');
    if (isArray({}) || !isArray([]) || isNullOrUndefined(0) || !isNullOrUndefined(null)) throw new Error('util');`,
  );
  await tf.setBackend('cpu');
  await expect(createTensorflowEngine({ packageFolder, device: 'cuda' })).rejects.toMatchObject({
    code: 'ENGINE',
    message:
      'the tensorflow engine was asked for the device cuda, but @tensorflow/tfjs-node-gpu 4.22.0 ' +
      '(libtensorflow 2.9.1) computes on cpu',
    hint: expect.stringContaining('NVIDIA driver'),
  });
  expect((await createTensorflowEngine({ packageFolder })).device).toBe('cpu');
  expect(tf.getBackend()).toBe('cpu');
  expect((util as { isArray?: unknown }).isArray).toBe(Array.isArray);
});
