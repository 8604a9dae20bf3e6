import { describe, expect, it } from 'vitest';
import { deepSpeedEstimate, type DeepSpeedOptions } from '../../../src/core/memory/deepspeed-estimator.js';

const GIB = 2 ** 30;

describe("DeepSpeed's estimators", () => {
  const threeBillion = { parameters: 2_851e6, largestLayerParameters: 32e6, gpusPerNode: 8 };
  const sevenBillion = { parameters: 6_805e6, largestLayerParameters: 131e6, gpusPerNode: 4 };
  const all = { offloadOptimizer: true, offloadParameters: true };

  // docs/code-docs/source/memory.rst and runtime/zero/*.py; the second model: microsoft/DeepSpeed issue 4527. GiB.
  it.each<[string, DeepSpeedOptions, number, number]>([
    ['stage 2', { ...threeBillion, stage: 2 }, 127.45, 11.28],
    ['stage 2, optimizer offloaded', { ...threeBillion, stage: 2, offloadOptimizer: true }, 127.45, 5.31],
    ['stage 3, all offloaded', { ...threeBillion, stage: 3, ...all }, 127.45, 0.12],
    [
      'stage 3, optimizer offloaded, zero.Init',
      { ...threeBillion, stage: 3, offloadOptimizer: true, zeroInit: true },
      63.72,
      0.78,
    ],
    ['stage 3, zero.Init', { ...threeBillion, stage: 3, zeroInit: true }, 1.43, 6.09],
    ['stage 3, 7B, all, zero.Init', { ...sevenBillion, stage: 3, ...all, zeroInit: true }, 171.13, 0.49],
    [
      'stage 3, 7B, optimizer, zero.Init',
      { ...sevenBillion, stage: 3, offloadOptimizer: true, zeroInit: true },
      152.11,
      3.66,
    ],
    ['stage 3, 7B', { ...sevenBillion, stage: 3 }, 152.11, 29.01],
  ])('%s', (_, options, cpu, gpu) => {
    const estimate = deepSpeedEstimate(options);
    expect(Math.abs(estimate.cpu.value / GIB - cpu)).toBeLessThan(0.011 + 0.001 * cpu);
    expect(Math.abs(estimate.gpu.value / GIB - gpu)).toBeLessThan(0.011 + 0.001 * gpu);
  });

  it('count T5 large with an offloaded optimizer as 477 MiB on each of 4 GPUs', () => {
    const { gpu } = deepSpeedEstimate({
      ...{ parameters: 737_670_000, largestLayerParameters: 32_900_000, gpusPerNode: 4 },
      ...{ stage: 3, offloadOptimizer: true },
    });
    expect(gpu.value / 2 ** 20).toBeCloseTo(477, 0);
  });

  it('divide between all GPUs of all nodes, worked by hand', () => {
    const options = { parameters: 1e9, largestLayerParameters: 1e7, gpusPerNode: 8, nodes: 2 };
    const z2 = deepSpeedEstimate({ ...options, stage: 2, offloadOptimizer: true });
    // max(4 · 16, 16) bytes for each parameter, half as much again for buffers.
    expect([z2.gpu.value, z2.cpu.value]).toEqual([2e9, 96e9]);
    const z3 = deepSpeedEstimate({ ...options, stage: 3, ...all, zeroInit: true });
    expect([z3.gpu.value, z3.cpu.value]).toEqual([4e7, 13.5e9]);
    const whole = deepSpeedEstimate({ ...options, stage: 3, bufferFactor: 1 });
    expect([whole.gpu.value, whole.cpu.value]).toEqual([4e7 + 1.125e9, 32e9]);
  });

  it('need the largest layer in stage 3', () => {
    expect(() => deepSpeedEstimate({ stage: 3, parameters: 1e9, gpusPerNode: 8 })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});
