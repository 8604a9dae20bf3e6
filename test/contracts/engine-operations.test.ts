import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/core/engine/engine.js';
import { createReferenceEngine } from '../../src/core/engine/reference-engine.js';
import { gradientDisagreements, valueDisagreements } from '../core/engine/contract/agreement.js';
import { OPERATION_CASES } from '../core/engine/contract/operation-cases.js';
import { createTestedEngine } from '../core/engine/contract/tested-engine.js';

const CORE = fileURLToPath(new URL('../../src/core/', import.meta.url));

/** Folders whose every exported function is an operation on tensors, if it is not named here. */
const FOLDERS = ['engine/operations', 'layers', 'losses'];

/** Functions that compute no tensors, or only call what they are given, and who tests them. */
const NOT_OPERATIONS: Readonly<Record<string, string>> = {
  'engine/operations/cached-attention cacheWidth': 'arithmetic, used by the cases of cachedAttention',
  'engine/operations/quantized-product quantizedProduct':
    'symbolic-sizes.test.ts: ONNX Runtime rounds its inputs to 8 bits, TensorFlow.js does not',
  'engine/operations/operation runOperation': 'runs every case here',
  'engine/operations/operation withGradient': 'differentiates every case here',
  'layers/attention-blocks attentionBlocks': 'toolkit-training-memory.test.ts, and every case of attention',
  'layers/rotary-scaling rotaryScheme': 'rotary-scaling.test.ts',
  'layers/rotary-scaling rotaryTable': 'rotary-scaling.test.ts, and the golden architectures',
  'layers/rotary-scaling rotaryTableCache': 'rotary-scaling.test.ts',
};

let engine: Engine;
let reference: Engine;
beforeAll(async () => {
  engine = createTestedEngine();
  reference = await createReferenceEngine();
});
afterAll(async () => {
  await engine.dispose();
  await reference.dispose();
});

it('has cases for every operation, layer and loss, and for no other', async () => {
  const exported: string[] = [];
  for (const folder of FOLDERS) {
    for (const file of readdirSync(join(CORE, folder)).filter((name) => name !== 'index.ts')) {
      const module = `${folder}/${file.replace(/\.ts$/u, '')}`;
      const exports = (await import(pathToFileURL(join(CORE, folder, file)).href)) as Record<string, unknown>;
      for (const [name, value] of Object.entries(exports)) {
        if (typeof value === 'function') exported.push(`${module} ${name}`);
      }
    }
  }
  const tested = Object.entries(OPERATION_CASES).flatMap(([module, operations]) =>
    Object.entries(operations).flatMap(([name, cases]) => (cases.length > 0 ? [`${module} ${name}`] : [])),
  );
  expect([...tested, ...Object.keys(NOT_OPERATIONS)].sort()).toEqual(exported.sort());
});

describe.each(
  Object.entries(OPERATION_CASES).flatMap(([module, operations]) =>
    Object.entries(operations).map(([name, cases]) => [`${module} ${name}`, cases] as const),
  ),
)('%s', (_name, cases) => {
  it('computes what its definition in TensorFlow.js computes', async () => {
    expect(await valueDisagreements(engine, reference, cases)).toEqual([]);
  });

  if (cases.some(({ noGradient }) => noGradient === undefined)) {
    it('has the same gradient, and the right one', async () => {
      expect(await gradientDisagreements(engine, reference, cases)).toEqual([]);
    });
  }
});
