import { describe, expect, it } from 'vitest';
import {
  ACCELERATORS,
  cheapestPrice,
  findAccelerator,
  PRICES,
  pricesOf,
  usableMemoryBytes,
} from '../../../src/core/accelerators/index.js';

describe('the table', () => {
  it('has every id and name once, and for each what an estimate needs', () => {
    expect(new Set(ACCELERATORS.map(({ id }) => id)).size).toBe(ACCELERATORS.length);
    expect(new Set(ACCELERATORS.map(({ name }) => name)).size).toBe(ACCELERATORS.length);
    for (const accelerator of ACCELERATORS) {
      expect(accelerator.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(accelerator.memoryGb).toBeGreaterThan(0);
      expect(accelerator.bandwidthGbPerSecond).toBeGreaterThan(0);
      expect(accelerator.sources.length).toBeGreaterThan(0);
      const { bf16Tflops, fp16Tflops, measuredBf16Tflops, sparse16BitTflops, memoryOptionsGb } = accelerator;
      if (measuredBf16Tflops) expect(measuredBf16Tflops).toBeLessThan(bf16Tflops!);
      if (sparse16BitTflops) expect(sparse16BitTflops / fp16Tflops!).toBeCloseTo(2, 2);
      if (memoryOptionsGb) expect(Math.max(...memoryOptionsGb)).toBe(accelerator.memoryGb);
      if (bf16Tflops && fp16Tflops) expect(bf16Tflops).toBe(fp16Tflops);
    }
  });

  it('prints what vendors print: 16-bit peak, GB/s, GB, W', () => {
    // Datasheets: V100 SXM2, A100 80GB SXM, H100 SXM, H200 SXM, L4, A10G, T4, MI300X; cloud documentation: TPU v5p.
    const figures = (id: string): unknown[] => {
      const { fp16Tflops, bf16Tflops, bandwidthGbPerSecond, memoryGb, tdpWatts } = findAccelerator(id);
      return [fp16Tflops ?? bf16Tflops, bandwidthGbPerSecond, memoryGb, tdpWatts];
    };
    expect(figures('v100-16')).toEqual([125, 900, 16, 300]);
    expect(figures('a100-80')).toEqual([312, 2039, 80, 400]);
    expect(figures('h100-sxm')).toEqual([989, 3350, 80, 700]);
    expect(figures('h200')).toEqual([989, 4800, 141, 700]);
    expect(figures('l4')).toEqual([121, 300, 24, 72]);
    expect(figures('a10g')).toEqual([70, 600, 24, 300]);
    expect(figures('t4')).toEqual([65, 320, 16, 70]);
    expect(figures('mi300x')).toEqual([1307.4, 5300, 192, 750]);
    expect(figures('tpu-v5p')).toEqual([459, 2765, 95, null]);
  });

  it('knows that Volta and Turing have no bfloat16, and counts no sparsity', () => {
    for (const id of ['v100-16', 'v100-32', 't4']) expect(findAccelerator(id).bf16Tflops).toBeNull();
    // The datasheet prints 624 and 1,979 TFLOPS "with sparsity".
    expect(findAccelerator('a100-80').bf16Tflops).toBe(312);
    expect(findAccelerator('h100-sxm').bf16Tflops).toBe(989);
  });
});

describe('usableMemoryBytes', () => {
  it('is what the driver reports (81559MiB, 15360MiB in printouts of nvidia-smi; rocm-smi in bytes)', () => {
    expect(usableMemoryBytes(findAccelerator('h100-sxm'))).toBe(81_559 * 1024 * 1024);
    expect(usableMemoryBytes(findAccelerator('t4'))).toBe(16_106_127_360);
    expect(usableMemoryBytes(findAccelerator('mi300x'))).toBe(206_141_652_992);
  });

  it('is the printed size in units of 1e9 bytes where no printout was read', () => {
    expect(usableMemoryBytes(findAccelerator('tpu-v4'))).toBe(32_000_000_000);
  });

  it('is never less than the printed size of 1e9 bytes, nor more than that of 2^30', () => {
    for (const accelerator of ACCELERATORS) {
      expect(usableMemoryBytes(accelerator)).toBeGreaterThanOrEqual(accelerator.memoryGb * 1e9);
      expect(usableMemoryBytes(accelerator)).toBeLessThanOrEqual(accelerator.memoryGb * 2 ** 30);
    }
  });
});

describe('findAccelerator', () => {
  it.each(ACCELERATORS.map(({ id, name }) => ({ id, name })))(
    'finds $id by id and by name',
    ({ id, name }) => {
      expect(findAccelerator(id).id).toBe(id);
      expect(findAccelerator(id.toUpperCase().replaceAll('-', ' ')).id).toBe(id);
      expect(findAccelerator(name).id).toBe(id);
    },
  );

  it.each([
    ['A100', 'a100-80'],
    ['a100 80gb', 'a100-80'],
    ['A100 40GB', 'a100-40'],
    ['A100 40', 'a100-40'],
    ['a100 pcie', 'a100-pcie-80'],
    ['a100-pcie-80gb', 'a100-pcie-80'],
    ['H100', 'h100-sxm'],
    ['h100sxm5', 'h100-sxm'],
    ['V100', 'v100-16'],
    ['V100 32GB', 'v100-32'],
    ['RTX 4090', 'rtx4090'],
    ['4090', 'rtx4090'],
    ['A6000', 'a6000'],
    ['Gaudi 2', 'gaudi2'],
    ['v5e', 'tpu-v5e'],
    ['M3 Max', 'apple-m3-max'],
    ['M2', 'apple-m2'],
  ])('takes %s for %s', (name, id) => {
    expect(findAccelerator(name).id).toBe(id);
  });

  it.each([
    ['NVIDIA H100 80GB HBM3', 'h100-sxm'],
    ['NVIDIA H100 PCIe', 'h100-pcie'],
    ['NVIDIA H100 NVL', 'h100-nvl'],
    ['NVIDIA A100-SXM4-80GB', 'a100-80'],
    ['NVIDIA A100-SXM4-40GB', 'a100-40'],
    ['NVIDIA A100 80GB PCIe', 'a100-pcie-80'],
    ['NVIDIA A100-PCIE-40GB', 'a100-pcie-40'],
    ['Tesla V100-SXM2-16GB', 'v100-16'],
    ['Tesla T4', 't4'],
    ['NVIDIA GeForce RTX 3090', 'rtx3090'],
    ['NVIDIA RTX A6000', 'a6000'],
    ['NVIDIA A10', 'a10'],
    ['NVIDIA A10G', 'a10g'],
    ['NVIDIA B300 SXM6 AC', 'b300'],
    ['AMD Instinct MI300X', 'mi300x'],
  ])('reads the driver name %s', (name, id) => {
    expect(findAccelerator(name).id).toBe(id);
  });

  it('gives a Mac the memory that is named, else the largest it is sold with', () => {
    expect(findAccelerator('Apple M2 Max').memoryGb).toBe(96);
    expect(findAccelerator('Apple M2 Max 64GB').memoryGb).toBe(64);
    expect(() => findAccelerator('Apple M2 Max 48GB')).toThrow(/M2 Max 48GB/);
  });

  it.each(['RTX 4090 Laptop GPU', 'RTX 3090 Ti', 'A100 60GB', 'H200 NVL', 'V100-PCIE-16GB', '', '80GB'])(
    'takes %j for no other accelerator',
    (name) => {
      expect(() => findAccelerator(name)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
    },
  );

  it('names the nearest and all the others in its error', () => {
    expect(() => findAccelerator('h10')).toThrow(
      expect.objectContaining({
        message: 'No accelerator is known as "h10"',
        code: 'USAGE',
        hint: expect.stringMatching(/^Did you mean .*\? Known: v100-16, .*apple-m5-max\.$/) as string,
      }) as Error,
    );
  });
});

describe('prices', () => {
  it('are of known accelerators, dated, with their source', () => {
    for (const price of PRICES) {
      expect(findAccelerator(price.accelerator).id).toBe(price.accelerator);
      expect(price.usdPerHour).toBeGreaterThan(0);
      expect(price.date).toMatch(/^20\d\d(-\d\d){0,2}$/);
      if (price.upToUsdPerHour) expect(price.upToUsdPerHour).toBeGreaterThan(price.usdPerHour);
    }
  });

  it('begin with the cheapest offer (Hugging Face Inference Endpoints, 2026-08-20)', () => {
    expect(cheapestPrice('a100-80')).toMatchObject({ usdPerHour: 2.5, date: '2026-08-20' });
    expect(cheapestPrice('l4')?.usdPerHour).toBe(0.7);
    expect(pricesOf('a100-80').map(({ usdPerHour }) => usdPerHour)).toEqual([2.5, 3.6, 5]);
    expect(cheapestPrice('gaudi3')).toBeUndefined();
  });

  it('pass over what is no longer offered, where there is another', () => {
    // The H100 at $4.50 is listed as deprecated beside one at $10; the B200 at $9.25 is the only one.
    expect(pricesOf('h100-sxm').map(({ usdPerHour }) => usdPerHour)).toEqual([10, 4.5]);
    expect(cheapestPrice('b200')).toMatchObject({ usdPerHour: 9.25, deprecated: true });
  });
});
