import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/terminal-text.js';
import Doctor from '../../src/commands/doctor.js';
import type { DoctorReport } from '../../src/lifecycle/doctor/doctor.js';
import { exampleCommandLines } from '../cli/examples.js';
import { fakePorts } from '../cli/fake-ports.js';
import { runCommand } from '../cli/run-command.js';
import { runProgram } from '../cli/run-program.js';

/** The `node` that runs this test is one that the toolkit supports, and its engines work. */
describe('genai doctor', () => {
  it('finds the machine that this test runs on ready', async () => {
    const { result, stdout, error } = await runCommand(
      Doctor,
      ['--device', 'cpu', '--threads', '1'],
      fakePorts({ columns: 80 }),
    );
    expect(error).toBeUndefined();
    const report = result as DoctorReport;
    expect(report).toMatchObject({
      ready: true,
      node: { version: process.version, minimum: '20.19', supported: true },
      machine: { platform: process.platform, architecture: process.arch },
      speed: { engine: 'onnxruntime', device: 'cpu' },
      failure: null,
    });
    expect(report.engines).toContainEqual(
      expect.objectContaining({ engine: 'onnxruntime', device: 'cpu', available: true, problem: null }),
    );
    expect(report.engines.map(({ engine }) => engine)).toEqual(
      expect.arrayContaining(['onnxruntime', 'tensorflow', 'reference']),
    );
    // One thread of a processor: more than any JavaScript reaches, less than a GPU.
    expect(report.speed!.gflop_per_second).toBeGreaterThan(1);
    expect(report.speed!.gflop_per_second).toBeLessThan(10_000);
    expect(stdout).toMatch(/^onnxruntime +cpu +1\.\d+\.\d+ +yes$/m);
    for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it('reports the report, and fails by its status, where the engine that is asked for does not work', async () => {
    const folder = '/nowhere/tfjs-node';
    const argv = ['doctor', '--engine', 'tensorflow'];
    const environment = { GENAI_TFJS_NODE: folder };
    const [text, json] = await Promise.all([
      runProgram(argv, { environment }),
      runProgram([...argv, '--json'], { environment }),
    ]);
    expect(text).toMatchObject({ status: 9, stderr: '' });
    expect(text.stdout).toContain(
      `Not ready: the tensorflow engine is not available: ${folder} holds no npm package`,
    );
    expect(json).toMatchObject({ status: 9, stderr: '' });
    const report = JSON.parse(json.stdout) as DoctorReport;
    expect(report).toMatchObject({ ready: false, speed: null });
    // What tfjs-node 4.22.0 wants: read in its README and scripts/deps-constants.js.
    const tensorflow = report.engines.find(({ engine }) => engine === 'tensorflow');
    for (const step of [
      'npm install @tensorflow/tfjs-node@4.22.0',
      'npm install @tensorflow/tfjs-node-gpu@4.22.0',
      'npm approve-scripts @tensorflow/tfjs-node',
      'CUDA 11.2',
      'cuDNN 8.1',
      'scripts/build-tensorflow-binding.sh',
    ]) {
      expect(tensorflow?.advice).toContain(step);
    }
  });

  it.each(exampleCommandLines(Doctor, 'doctor'))(
    'has the flags of its example: %s %s %s %s …',
    async (...line) => {
      // Whether the example's device exists is this machine's affair; that its flags are understood is ours.
      const outcome = await runCommand(Doctor, [...line.slice(2), '--threads', '0']);
      expect(outcome.error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('--threads') });
    },
  );
});
