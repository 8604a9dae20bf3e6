import { describe, expect, it } from 'vitest';
import {
  largestZeroModel,
  megatronBytesPerParameter,
  zeroCommunication,
  zeroStateBytes,
} from '../../../src/core/memory/distribution.js';

describe('ZeRO (arXiv 1910.02054)', () => {
  // Table 1: GB on each GPU in stages 1, 2 and 3. The paper rounds some cells and truncates others.
  it.each([
    [7.5e9, 1, 120, 120, 120],
    [7.5e9, 16, 35.6, 21.6, 7.5],
    [7.5e9, 64, 31.4, 16.6, 1.88],
    [7.5e9, 256, 30.4, 15.4, 0.47],
    [7.5e9, 1024, 30.1, 15.1, 0.12],
    [128e9, 1, 2048, 2048, 2048],
    [128e9, 4, 896, 704, 512],
    [128e9, 256, 518, 263, 8],
    [128e9, 1024, 513, 257, 2],
    [1e12, 16, 4750, 2875, 1000],
    [1e12, 64, 4187, 2218, 250],
    [1e12, 256, 4046, 2054, 62.5],
    [1e12, 1024, 4011, 2013, 15.6],
  ])('%d parameters on %d GPUs', (parameters, dataParallel, ...published) => {
    published.forEach((gigabytes, index) => {
      const stage = (index + 1) as 1 | 2 | 3;
      const { value } = zeroStateBytes(parameters, { stage, dataParallel });
      const tolerance =
        parameters < 1e10 ? Math.max(0.06, 0.005 * gigabytes) : Math.max(1, 0.001 * gigabytes);
      expect(Math.abs(value / 1e9 - gigabytes)).toBeLessThanOrEqual(tolerance);
    });
  });

  it('replicates 16 bytes for each parameter in stage 0: 120 GB for 7.5B (figure 1)', () => {
    expect(zeroStateBytes(7.5e9, { stage: 0, dataParallel: 64 }).value).toBe(120e9);
  });

  it('takes any bytes of optimizer states, worked by hand: SGD with momentum and master weights has 8', () => {
    expect(zeroStateBytes(1e9, { stage: 1, dataParallel: 4, optimizerBytes: 8 }).value).toBe(6e9);
    expect(zeroStateBytes(1e9, { stage: 2, dataParallel: 4, optimizerBytes: 8 }).value).toBe(4.5e9);
  });

  // Table 2, theoretical: 64 V100 of 32 GB.
  it.each([
    [0, 2e9],
    [1, 7.6e9],
    [2, 14.4e9],
    [3, 128e9],
  ] as const)('stage %d holds a model of %d parameters', (stage, parameters) => {
    const { value } = largestZeroModel(32e9, { stage, dataParallel: 64 });
    expect(Math.abs(value / parameters - 1)).toBeLessThan(0.01);
  });

  it('sends twice the model, in stage 3 three times (section 7)', () => {
    expect(([0, 1, 2, 3] as const).map((stage) => zeroCommunication(1e9, stage).value)).toEqual([
      2e9, 2e9, 2e9, 3e9,
    ]);
  });
});

describe("Megatron-LM's bytes for each parameter", () => {
  it('are 18, and with its distributed optimizer 6 + 12 / 64 on 64 GPUs', () => {
    expect(megatronBytesPerParameter(64, false).value).toBe(18);
    expect(megatronBytesPerParameter(64, true).value).toBe(6.1875);
  });
});
