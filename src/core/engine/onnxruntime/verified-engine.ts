import type { Tensor2D } from '@tensorflow/tfjs';
import tf from '../tensorflow-js.js';
import type { Program } from '../engine.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { OnnxRuntimeEngine } from './engine.js';
import { OnnxExecutable } from './executable.js';
import { PROVIDER_ADVICE } from './provider-advice.js';
import type { SessionSettings } from './session.js';

/** Rows and columns of the matrices of the trial. */
const SIZE = 4;

/** x·x + 1 for a matrix of the numbers 0, 1, …: small enough that every device is exact. */
const TRIAL: Program = {
  name: 'a trial',
  inputs: { x: { shape: [SIZE, SIZE], dtype: 'float32' } },
  body: ({ x }) => ({ y: tf.add(tf.matMul(x as Tensor2D, x as Tensor2D), 1) }),
};
const TRIAL_INPUT = Float32Array.from({ length: SIZE * SIZE }, (_, index) => index);
const TRIAL_OUTPUT = TRIAL_INPUT.map((_, index) => {
  const [row, column] = [Math.floor(index / SIZE), index % SIZE];
  let sum = 1;
  for (let k = 0; k < SIZE; k++) sum += (row * SIZE + k) * (k * SIZE + column);
  return sum;
});

/**
 * What is known to keep a machine from drawing and computing on its GPU; `undefined` if nothing is. Without a driver the
 * WebGPU library writes warnings to the terminal by itself, so it is not even asked.
 */
export type GraphicsCheck = () => string | undefined;

/** The part of a native error that is not about its own source code. */
function reasonOf(error: unknown): string {
  const native = error instanceof ToolkitError ? (error.cause ?? error) : error;
  const [line = ''] = (native instanceof Error ? native.message : String(native)).split('\n');
  return line.slice(line.lastIndexOf(' was false. ') + 1).replace(/^was false\. /u, '');
}

/**
 * Computes a small program on the provider alone.
 *
 * @returns why it does not compute there, or `undefined` if it does
 */
export async function providerProblem(
  settings: SessionSettings,
  graphicsProblem: GraphicsCheck = () => undefined,
): Promise<string | undefined> {
  const known = settings.provider === 'webgpu' ? graphicsProblem() : undefined;
  if (known !== undefined) return known;
  try {
    const executable = await OnnxExecutable.compile(TRIAL, {
      ...settings,
      strict: settings.provider !== 'cpu',
    });
    const { y } = await executable.run({ x: TRIAL_INPUT });
    await executable.dispose();
    return TRIAL_OUTPUT.every((value, index) => value === y![index])
      ? undefined
      : 'it computes wrong numbers';
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * An engine on a provider that was seen to compute.
 *
 * @throws ToolkitError `ENGINE` if it does not, with what to install
 */
export async function verifiedEngine(
  settings: SessionSettings,
  graphicsProblem?: GraphicsCheck,
): Promise<OnnxRuntimeEngine> {
  const problem = await providerProblem(settings, graphicsProblem);
  if (problem === undefined) return new OnnxRuntimeEngine(settings);
  const { provider } = settings;
  throw new ToolkitError(
    `--device ${provider}: ONNX Runtime does not compute there: ${problem}`,
    'ENGINE',
    PROVIDER_ADVICE[provider],
  );
}
