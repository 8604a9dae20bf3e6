import type { Engine } from '../../../../src/core/engine/engine.js';
import { OnnxRuntimeEngine } from '../../../../src/core/engine/onnxruntime/engine.js';
import type { Provider } from '../../../../src/core/engine/onnxruntime/session.js';

/** The device that the contract tests try; `webgpu.test.ts` runs them again with another one. */
export const TESTED_DEVICE = (process.env['GENAI_TEST_DEVICE'] ?? 'cpu') as Provider;

/** The ONNX Runtime engine on that device. */
export function createTestedEngine(): Engine {
  return new OnnxRuntimeEngine({ provider: TESTED_DEVICE, threads: 1 });
}
