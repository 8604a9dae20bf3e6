import type { NumberFormat } from './number-format.js';

const IEEE = 'IEEE 754-2019';
const OCP_FP8 = 'Micikevicius et al. 2022, arXiv 2209.05433; OCP 8-bit Floating Point Specification 1.0';

/** The formats that weights and activations are held in, widest first. */
export const NUMBER_FORMATS: readonly NumberFormat[] = [
  {
    ...{ id: 'fp32', name: 'FP32', bits: 32, kind: 'floating point' },
    ...{ exponentBits: 8, mantissaBits: 23, finiteOnly: false, source: `${IEEE}, binary32` },
  },
  {
    ...{ id: 'fp16', name: 'FP16', bits: 16, kind: 'floating point' },
    ...{ exponentBits: 5, mantissaBits: 10, finiteOnly: false, source: `${IEEE}, binary16` },
  },
  {
    ...{ id: 'bf16', name: 'BF16', bits: 16, kind: 'floating point' },
    ...{
      exponentBits: 8,
      mantissaBits: 7,
      finiteOnly: false,
      source: 'Kalamkar et al. 2019, arXiv 1905.12322',
    },
  },
  {
    ...{ id: 'fp8-e4m3', name: 'FP8 E4M3', bits: 8, kind: 'floating point' },
    ...{ exponentBits: 4, mantissaBits: 3, finiteOnly: true, source: OCP_FP8 },
  },
  {
    ...{ id: 'fp8-e5m2', name: 'FP8 E5M2', bits: 8, kind: 'floating point' },
    ...{ exponentBits: 5, mantissaBits: 2, finiteOnly: false, source: OCP_FP8 },
  },
  {
    id: 'int8',
    name: 'INT8',
    bits: 8,
    kind: 'integer',
    source: 'Dettmers et al. 2022, arXiv 2208.07339 (absmax)',
  },
  {
    ...{ id: 'int4', name: 'INT4', bits: 4, kind: 'integer' },
    blockScale: { valuesPerScale: 64, scaleBits: 16 },
    source: 'Dettmers and Zettlemoyer 2023, arXiv 2212.09720 (blocks of 64, a 16-bit scale each)',
  },
  {
    ...{ id: 'nf4', name: 'NF4', bits: 4, kind: 'codebook' },
    blockScale: { valuesPerScale: 64, scaleBits: 32 },
    codes: [
      ...[-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635],
      ...[-0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725],
      ...[0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941],
      ...[0.7229568362236023, 1],
    ],
    source: 'Dettmers et al. 2023, arXiv 2305.14314, appendix E',
  },
];
