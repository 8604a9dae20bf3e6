import { describe, expect, it } from 'vitest';
import {
  checkpointBytes,
  carbonKg,
  costUsd,
  deliveredPetaflopDays,
  energyKwh,
  flopsOfPetaflopDays,
  gpuDays,
  gpuHours,
  gptParameters,
  hardwareUtilisation,
  impliedMfu,
  keptShare,
  mfu,
  modelUtilisation,
  petaflopDays,
  recomputationFactor,
  scrapedTokens,
  secondsAtSpeed,
  secondsForFlops,
  secondsOfGpuHours,
  stepSeconds,
  trainingDays,
  trainingFlops,
  utilisationOfRate,
} from '../../../src/core/compute/index.js';

/** Dense 16-bit peaks of the vendor, in TFLOPS. */
const V100 = 125;
const A100 = 312;
const H100 = 989;

function expectWithin(value: number, expected: number, relative: number): void {
  expect(Math.abs(value / expected - 1)).toBeLessThanOrEqual(relative);
}

describe('operations of training', () => {
  // GPT-3, arXiv 2005.14165, table D.1: parameters in millions, tokens in billions, operations, petaflop/s-days.
  it.each([
    ['T5-Small', 60, 1000, 3, 1.8e20, 2.08],
    ['T5-Base', 220, 1000, 3, 6.6e20, 7.64],
    ['T5-Large', 770, 1000, 3, 2.31e21, 26.7],
    ['T5-3B', 3000, 1000, 3, 9e21, 104],
    ['T5-11B', 11_000, 1000, 3, 3.3e22, 382],
    ['BERT-Base', 109, 250, 6, 1.64e20, 1.89],
    ['BERT-Large', 355, 250, 6, 5.33e20, 6.16],
    ['RoBERTa-Base', 125, 2000, 6, 1.5e21, 17.4],
    ['RoBERTa-Large', 355, 2000, 6, 4.26e21, 49.3],
    ['GPT-3 Small', 125, 300, 6, 2.25e20, 2.6],
    ['GPT-3 Medium', 356, 300, 6, 6.41e20, 7.42],
    ['GPT-3 Large', 760, 300, 6, 1.37e21, 15.8],
    ['GPT-3 XL', 1320, 300, 6, 2.38e21, 27.5],
    ['GPT-3 2.7B', 2650, 300, 6, 4.77e21, 55.2],
    ['GPT-3 6.7B', 6660, 300, 6, 1.2e22, 139],
    ['GPT-3 13B', 12_850, 300, 6, 2.31e22, 268],
    ['GPT-3 175B', 174_600, 300, 6, 3.14e23, 3640],
  ])('of %s are those of GPT-3’s table D.1', (_name, millions, billions, factor, flops, days) => {
    const computed = trainingFlops({
      parameters: millions * 1e6,
      tokens: billions * 1e9,
      flops_per_parameter_token: factor,
    });
    expectWithin(computed.value, flops, 0.006);
    expectWithin(petaflopDays(computed.value).value, days, 0.006);
  });

  it('with attention are nanoGPT’s exact count for GPT-2 and 1,024 tokens', () => {
    const attention = { layers: 12, heads: 12, head_dimension: 64, sequence: 1024 };
    expect(trainingFlops({ parameters: 123_551_232, tokens: 1024, attention }).value).toBe(875_062_886_400);
  });

  it('are 6ND for Chinchilla (5.88e23) and Gopher (5.04e23)', () => {
    expect(trainingFlops({ parameters: 70e9, tokens: 1.4e12 }).value).toBeCloseTo(5.88e23, -15);
    expect(trainingFlops({ parameters: 280e9, tokens: 300e9 }).value).toBeCloseTo(5.04e23, -15);
  });
});

describe('petaflop/s-days', () => {
  it('hold 8.64e19 operations', () => {
    expect(flopsOfPetaflopDays(1).value).toBe(8.64e19);
    expect(petaflopDays(8.64e19).value).toBe(1);
  });

  it('are delivered one a day by 8 V100 at full peak, by 3.2 dense A100, and at 40 % by 20 V100 or 8 A100', () => {
    const of = (gpus: number, peak_tflops: number, utilisation = 1): number =>
      deliveredPetaflopDays({ gpus, days: 1, peak_tflops, utilisation }).value;
    expect(of(8, V100)).toBe(1);
    expect(of(20, V100, 0.4)).toBe(1);
    expect(of(2, A100)).toBeCloseTo(0.624, 9);
    // NVIDIA’s figure with two of four weights zero.
    expect(of(2, 624)).toBeCloseTo(1.248, 9);
    expect(of(3.2, A100)).toBeCloseTo(1, 2);
    expect(of(8, A100, 0.4)).toBeCloseTo(1, 2);
    expect(gpuDays({ flops: 8.64e19, peak_tflops: V100, utilisation: 1 }).value).toBe(8);
    expect(gpuDays({ flops: 8.64e19, peak_tflops: A100, utilisation: 0.4 }).value).toBeCloseTo(8.013, 3);
  });
});

describe('time', () => {
  // llm-analysis, tests: within its own tolerance of 5 %.
  it.each([
    ['OPT-175B on 384', 174.6e9, 384, 153, 84],
    ['MT-NLG on 560', 530e9, 560, 171, 156],
    ['MT-NLG on 560 with ZeRO-3', 530e9, 1120, 98, 136],
  ])('of %s GPUs', (_name, parameters, gpus, tflops_per_gpu, days) => {
    const run = { parameters, tokens: 300e9, gpus, tflops_per_gpu, flops_per_parameter_token: 8 };
    expectWithin(trainingDays(run).value, days, 0.05);
  });

  // Narayanan et al. 2021, arXiv 2104.04473, section 5.1.
  it.each([
    ['GPT-3 on 1,024', 175e9, 300e9, 1024, 140, 34],
    ['1T on 3,072', 1e12, 450e9, 3072, 163, 84],
  ])('of %s GPUs', (_name, parameters, tokens, gpus, tflops_per_gpu, days) => {
    const run = { parameters, tokens, gpus, tflops_per_gpu, flops_per_parameter_token: 8 };
    expectWithin(trainingDays(run).value, days, 0.02);
  });

  // MT-NLG, arXiv 2201.11990, section 2.4: 1,920 sequences of 2,048 tokens in a step.
  it.each([
    [2240, 126, 60.1],
    [2800, 121, 50.2],
    [3360, 113, 44.4],
  ])('of a step of MT-NLG on %d GPUs', (gpus, tflops_per_gpu, seconds) => {
    const step = { parameters: 530e9, tokens_per_step: 3_932_160, gpus, tflops_per_gpu };
    expectWithin(stepSeconds({ ...step, flops_per_parameter_token: 8 }).value, seconds, 0.03);
  });

  it('of GPT-2 on 8 A100 at 30 % is nanoGPT’s 3.46 days', () => {
    const run = { parameters: 124_337_664, tokens: 300e9, gpus: 8, peak_tflops: A100, utilisation: 0.3 };
    expectWithin(trainingDays(run).value, 3.46, 0.01);
    const flops = trainingFlops(run).value;
    expect(secondsForFlops(flops, run).value / 86_400).toBeCloseTo(trainingDays(run).value, 9);
  });

  it('of BloombergGPT’s 139,200 steps of 32.5 s is 53 days (arXiv 2303.17564, table 4)', () => {
    expectWithin(trainingDays({ steps: 139_200, step_seconds: 32.5 }).value, 53, 0.02);
    expect(gpuHours({ gpus: 512, seconds: 53 * 86_400 }).value).toBe(651_264);
    expect(secondsOfGpuHours({ gpus: 512, gpu_hours: 651_264 }).value).toBe(53 * 86_400);
  });

  it('at a measured speed is tokens over speed', () => {
    expect(secondsAtSpeed({ tokens: 1e9, tokens_per_second: 1e6 }).value).toBe(1000);
  });
});

describe('utilisation', () => {
  // Published parameters, tokens and GPU-hours; the utilisation is 6ND over hours × peak.
  it.each([
    ['LLaMA 7B', 6.7e9, 1e12, 82_432, A100, 0.4342],
    ['LLaMA 13B', 13e9, 1e12, 135_168, A100, 0.5138],
    ['LLaMA 33B', 32.5e9, 1.4e12, 530_432, A100, 0.4582],
    ['LLaMA 65B', 65.2e9, 1.4e12, 1_022_362, A100, 0.4769],
    ['Llama 2 7B', 6_738_415_616, 2e12, 184_320, A100, 0.3906],
    ['Llama 2 13B', 13_015_864_320, 2e12, 368_640, A100, 0.3772],
    ['Llama 2 70B', 68_976_648_192, 2e12, 1_720_320, A100, 0.4284],
    ['BLOOM 176B', 176.247e9, 366e9, 1_082_990, A100, 0.3182],
    ['BloombergGPT', 50.6e9, 569e9, 651_264, A100, 0.2362],
    ['StarCoderBase', 15.5e9, 1e12, 320_256, A100, 0.2585],
    ['SmolLM3 3B', 3_075_098_624, 11.2e12, 221_184, H100, 0.2624],
    ['PaLM', 540.35e9, 780e9, 8_404_992, 275, 0.3039],
    ['Gopher', 280e9, 300e9, 3_768_320, 123, 0.302],
    ['Pythia 12B', 11.846e9, 299.9e9, 72_300, A100, 0.2625],
    ['Pythia 6.9B', 6.857e9, 299.9e9, 33_500, A100, 0.3279],
  ])('of %s follows from its GPU-hours', (_name, parameters, tokens, gpu_hours, peak_tflops, expected) => {
    const { value } = impliedMfu({ parameters, tokens, gpu_hours, peak_tflops });
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(0.0006);
  });

  it('of PaLM is 45.7 %, and 46.2 % with attention (appendix B)', () => {
    const speed = { tokens_per_second: 238_300, parameters: 540e9, gpus: 6144, peak_tflops: 275 };
    expect(mfu(speed).value).toBeCloseTo(0.457, 3);
    const attention = { layers: 118, heads: 48, head_dimension: 256, sequence: 2048 };
    expect(mfu({ ...speed, attention }).value).toBeCloseTo(0.462, 3);
  });

  it('of TinyLlama is the 56 % of its README within 4 points, with attention', () => {
    const speed = { tokens_per_second: 24_000, parameters: 1_100_048_384, peak_tflops: A100 };
    const attention = { layers: 22, heads: 32, head_dimension: 64, sequence: 2048 };
    expect(mfu(speed).value).toBeCloseTo(0.508, 3);
    expect(Math.abs(mfu({ ...speed, attention }).value - 0.56)).toBeLessThanOrEqual(0.04);
  });

  it('of Llama 3 405B is its achieved 430, 400 and 380 TFLOPS over the peak (arXiv 2407.21783, table 4)', () => {
    const of = (achieved_tflops: number): number =>
      utilisationOfRate({ achieved_tflops, peak_tflops: H100 }).value;
    expect(Math.abs(of(430) - 0.43)).toBeLessThanOrEqual(0.005);
    expect(Math.abs(of(400) - 0.41)).toBeLessThanOrEqual(0.006);
    expect(Math.abs(of(380) - 0.38)).toBeLessThanOrEqual(0.005);
  });

  // Korthikanti et al., arXiv 2205.05198, table 5: model and hardware FLOPs under selective recomputation.
  it.each([
    ['22B', 6144, 0.415, 0.437],
    ['175B', 12_288, 0.514, 0.528],
    ['530B', 20_480, 0.56, 0.57],
    ['1T', 25_600, 0.563, 0.57],
  ])('of the hardware, Megatron’s %s', (_name, hidden, model, hardware) => {
    const recomputed = { recompute: 'selective', sequence: 2048, hidden } as const;
    expectWithin(hardwareUtilisation(model, recomputed).value, hardware, 0.012);
    expectWithin(modelUtilisation(hardware, recomputed).value, model, 0.012);
  });

  it('of the hardware is 8/6 of the model’s with full recomputation: MPT 70B’s 41.25 and 55.0 %', () => {
    expect(hardwareUtilisation(0.4125, { recompute: 'full' }).value).toBeCloseTo(0.55, 10);
    expect(modelUtilisation(0.55, { recompute: 'full' }).value).toBeCloseTo(0.4125, 10);
    expect(hardwareUtilisation(0.4, { recompute: 'none' }).value).toBe(0.4);
  });

  it('suffers 2.7 % for GPT-3 from selective recomputation, as the paper says', () => {
    const factor = recomputationFactor({ recompute: 'selective', sequence: 2048, hidden: 12_288 });
    expect(factor.value - 1).toBeCloseTo(0.0278, 4);
  });
});

describe('sizes', () => {
  it('of GPT-2 are 124,337,664 parameters without biases (nanoGPT) and 124,439,808 with them', () => {
    const shape = { layers: 12, hidden: 768, vocabulary: 50_257, context: 1024 };
    expect(gptParameters({ ...shape, bias: false }).value).toBe(124_337_664);
    expect(gptParameters(shape).value).toBe(124_439_808);
  });

  it('of BLOOM are 176,247,271,424, with a norm after the embedding and no positions', () => {
    const shape = { layers: 70, hidden: 14_336, vocabulary: 250_880, context: 0, embedding_norm: true };
    expect(gptParameters(shape).value).toBe(176_247_271_424);
  });

  it('of a checkpoint of GPT-2 with Adam’s averages are nanoGPT’s 1,492,051,968 bytes, 4 % below the file', () => {
    const { value } = checkpointBytes({ parameters: 124_337_664 });
    expect(value).toBe(1_492_051_968);
    expectWithin(value, 1_542_470_366, 0.04);
  });

  it('of curated text are 1.27 % of GPT-3’s crawl', () => {
    const share = keptShare({ raw: 45_000, kept: 570 }).value;
    expect(share).toBeCloseTo(0.01267, 4);
    expect(scrapedTokens({ tokens: 300e9, kept_share: 0.01 }).value).toBe(30e12);
  });
});

describe('money, energy and carbon', () => {
  // LLaMA, arXiv 2302.13971, table 15: GPU-hours, MWh, tonnes of CO₂; 400 W, PUE 1.1, 385 g/kWh.
  it.each([
    ['7B', 82_432, 36, 14],
    ['13B', 135_168, 59, 23],
    ['33B', 530_432, 233, 90],
    ['65B', 1_022_362, 449, 173],
  ])('of LLaMA %s', (_name, gpu_hours, megawattHours, tonnes) => {
    const energy_kwh = energyKwh({ gpu_hours, tdp_w: 400, pue: 1.1 }).value;
    expect(Math.abs(energy_kwh / 1000 - megawattHours)).toBeLessThanOrEqual(1);
    expect(Math.abs(carbonKg({ energy_kwh, g_per_kwh: 385 }).value / 1000 - tonnes)).toBeLessThanOrEqual(0.6);
  });

  it('of MPT-7B are about $200,000 at $2 an hour (its announcement)', () => {
    expect(costUsd({ gpu_hours: 100_320, usd_per_gpu_hour: 2 }).value).toBe(200_640);
  });
});
