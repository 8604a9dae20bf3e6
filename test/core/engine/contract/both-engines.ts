import { afterAll, beforeAll, describe } from 'vitest';
import type { Engine } from '../../../../src/core/engine/engine.js';
import { createReferenceEngine } from '../../../../src/core/engine/reference-engine.js';
import { createTestedEngine, TESTED_DEVICE } from './tested-engine.js';

/** Declares the same tests for ONNX Runtime and for the reference engine. */
export function describeOnBothEngines(name: string, declare: (engine: () => Engine) => void): void {
  const engines = {
    [`onnxruntime on ${TESTED_DEVICE}`]: async () => createTestedEngine(),
    reference: createReferenceEngine,
  };
  describe.each(Object.entries(engines))(`${name}, %s`, (_engine, create) => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await create();
    });
    afterAll(() => engine.dispose());
    declare(() => engine);
  });
}
