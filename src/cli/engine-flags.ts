import os from 'node:os';
import { Flags } from '@oclif/core';
import type { Engine } from '../core/engine/engine.js';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { quietTensorflow } from './quiet-tensorflow.js';

const ENGINES = ['onnxruntime', 'tensorflow', 'reference'] as const;
const DEVICES = ['auto', 'cpu', 'webgpu', 'cuda'] as const;

/** Where every command that runs a model lets the user choose what computes. */
export const ENGINE_FLAGS = {
  engine: Flags.option({ options: ENGINES, default: 'onnxruntime' as const })({
    summary:
      'What computes; tensorflow needs @tensorflow/tfjs-node or -gpu, reference is slow and for checks.',
    helpGroup: 'ENGINE',
  }),
  device: Flags.option({ options: DEVICES, default: 'auto' as const })({
    summary: 'Where it computes.',
    helpGroup: 'ENGINE',
  }),
  threads: Flags.integer({
    min: 1,
    summary: 'Processor threads for one operation [default: all that the machine offers].',
    helpGroup: 'ENGINE',
  }),
};

/** The parsed {@link ENGINE_FLAGS}. */
export interface EngineChoice {
  readonly engine: (typeof ENGINES)[number];
  readonly device: (typeof DEVICES)[number];
  readonly threads?: number | undefined;
}

function elsewhere({ engine, device }: EngineChoice, devices: string): ToolkitError {
  return new ToolkitError(
    `--device ${device}: the ${engine} engine does not compute there`,
    'USAGE',
    `Choose ${devices}, or another --engine.`,
  );
}

/**
 * Makes the engine that the flags ask for; it must be disposed.
 *
 * @param environment `GENAI_TFJS_NODE` may name the folder of a `@tensorflow/tfjs-node` that is not installed beside
 *   the toolkit
 * @throws ToolkitError `USAGE` for a device that the engine does not know, `ENGINE` for what this machine lacks
 */
export async function createEngine(
  choice: EngineChoice,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Engine> {
  const { engine, device, threads = os.availableParallelism() } = choice;
  if (engine === 'reference') {
    if (device !== 'auto' && device !== 'cpu') throw elsewhere(choice, 'cpu');
    const { createReferenceEngine } = await import('../core/engine/reference-engine.js');
    return createReferenceEngine();
  }
  if (engine === 'tensorflow') {
    if (device === 'webgpu') throw elsewhere(choice, 'cpu or cuda');
    quietTensorflow();
    const { createTensorflowEngine } = await import('../core/engine/tensorflow-engine.js');
    const packageFolder = environment['GENAI_TFJS_NODE'];
    return createTensorflowEngine({ device, ...(packageFolder && { packageFolder }) });
  }
  const { createOnnxRuntimeEngine } = await import('../core/engine/onnxruntime/create-engine.js');
  const { graphicsProblem } = await import('../platform/graphics-driver.js');
  return createOnnxRuntimeEngine({ device, threads, now: () => performance.now(), graphicsProblem });
}
