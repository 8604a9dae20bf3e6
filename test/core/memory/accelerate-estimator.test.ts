import { describe, expect, it } from 'vitest';
import { accelerateEstimate } from '../../../src/core/memory/accelerate-estimator.js';

const MIB = 2 ** 20;

describe("accelerate's estimator", () => {
  // Its guide "Model memory estimator": bert-base-cased has 433,249,280 bytes with buffers.
  it('prints 413.18 MiB and 1.61 GiB to train for bert-base-cased in 32 bits', () => {
    const { weights, training } = accelerateEstimate(433_249_280, 'float32');
    expect(weights.value / MIB).toBeCloseTo(413.18, 2);
    expect(training!.reported.value / 2 ** 30).toBeCloseTo(1.61, 2);
  });

  it('prints 206.59 MiB and 826.36 MiB to train in float16, and 42.47 MiB for its embedding', () => {
    const { weights, training } = accelerateEstimate(433_249_280, 'fp16');
    expect(weights.value / MIB).toBeCloseTo(206.59, 2);
    expect(training!.reported.value / MIB).toBeCloseTo(826.36, 2);
    expect(accelerateEstimate(28_996 * 768 * 4, 'fp16').weights.value / MIB).toBeCloseTo(42.47, 2);
  });

  // huggingface/accelerate, tests/test_cli.py.
  it('takes the largest phase, not the sum', () => {
    const { training } = accelerateEstimate(4e9, 'bfloat16');
    const values = Object.fromEntries(Object.entries(training!).map(([name, { value }]) => [name, value]));
    expect(values).toEqual({ model: 4e9, gradients: 6e9, optimizer: 8e9, step: 8e9, reported: 8e9 });
  });

  it('says nothing of training integers', () => {
    for (const dtype of ['int8', 'int4']) expect(accelerateEstimate(4e9, dtype).training).toBeUndefined();
    expect(accelerateEstimate(4e9, 'int4').weights.value).toBe(0.5e9);
  });

  it('refuses formats it does not know', () => {
    expect(() => accelerateEstimate(1, 'toString')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
