/**
 * Measures training steps and generation on this machine's CPU in float32, beside the machine's own rate of matrix
 * products and beside PyTorch on the same shapes, data and threads.
 *
 *     npm run bench -- [--threads N] [--steps N] [--case NAME]… [--json] [--no-python] [--tuned-pytorch]
 *
 * PyTorch is run by $GENAI_BENCH_PYTHON, or by the python3 on the path, if that has torch, transformers and peft: the
 * models of transformers with scaled-dot-product attention and random weights, eager, and AdamW with its defaults.
 * --tuned-pytorch gives it the fused AdamW and the fused GELU that it does not choose by itself.
 *
 * Every side runs in a process of its own, so that peaks of memory are separate, and they compute in turns, so that a
 * noisy machine is noisy for both. Medians are reported; --json has every sample.
 */
import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { env } from 'onnxruntime-node';
import { systemPorts } from '../src/cli/system-ports.js';
import { readModel } from '../src/core/architectures/index.js';
import { casesByName, countArgument, threadsArgument } from './arguments.js';
import type { Case } from './cases.js';
import { trainingOperations, trainingWork, type MatrixProduct } from './matrix-products.js';
import { measure, type MeasureOptions } from './measure.js';
import { findPython } from './python.js';
import { renderCase } from './report.js';
import { summarize, type CaseResult } from './summarize.js';

/** A product that any machine does at full speed; its three matrices take 50 MB. */
const SQUARE: MatrixProduct = { rows: 2048, inner: 2048, columns: 2048, count: 1 };

async function measureCase(measured: Case, options: MeasureOptions): Promise<CaseResult> {
  const model = readModel(measured.config);
  const work = measured.kind === 'training' ? trainingWork(model, measured) : undefined;
  const products = [SQUARE, ...(work?.products ?? [])];
  const recordings = await measure(measured, model, products, options);
  return summarize(measured, recordings, products, work ? trainingOperations(work) : null);
}

const { stdout, stderr } = systemPorts();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      threads: { type: 'string' },
      steps: { type: 'string', default: '12' },
      case: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      'no-python': { type: 'boolean', default: false },
      'tuned-pytorch': { type: 'boolean', default: false },
    },
  });
  const cases = casesByName(values.case);
  const threads = threadsArgument(values.threads);
  const steps = countArgument('steps', values.steps);
  const tuned = values['tuned-pytorch'];
  const found = values['no-python'] ? undefined : await findPython();
  const python = typeof found === 'string' ? undefined : found;
  if (typeof found === 'string') stderr.write(`No PyTorch to compare with. ${found}\n`);

  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    threads,
    node: process.versions.node,
    onnxruntime: env.versions.common,
  };
  if (!values.json) {
    const versions = Object.entries(python?.versions ?? {}).map(([name, version]) => `${name} ${version}`);
    stdout.write(
      `${machine.cpu}, ${machine.cores} cores, ${threads} ${threads === 1 ? 'thread' : 'threads'}; ` +
        `${[`Node ${machine.node}`, `ONNX Runtime ${machine.onnxruntime}`, ...versions].join(', ')}\n\n`,
    );
  }
  const results: CaseResult[] = [];
  for (const measured of cases) {
    try {
      const result = await measureCase(measured, { threads, steps, python, tuned });
      results.push(result);
      if (!values.json) stdout.write(renderCase(result, stdout));
    } catch (error) {
      // The other cases may still fit this machine.
      stderr.write(`${measured.name}: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  }
  if (values.json) {
    const pytorch = python ? { ...python.versions, tuned } : null;
    stdout.write(`${JSON.stringify({ machine, pytorch, cases: results }, null, 2)}\n`);
  }
}

try {
  await main();
} catch (error) {
  stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
