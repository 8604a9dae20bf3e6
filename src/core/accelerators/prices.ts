/** What one accelerator costs for one hour. */
export interface AcceleratorPrice {
  /** Id of the accelerator. */
  readonly accelerator: string;
  readonly provider: string;
  /** Per accelerator and hour; the lower end of a range. */
  readonly usdPerHour: number;
  readonly upToUsdPerHour?: number;
  /** When it was printed: year, month or day. */
  readonly date: string;
  readonly source: string;
  /** Still in the list, but no longer offered to new customers. */
  readonly deprecated?: boolean;
}

const ENDPOINTS = {
  date: '2026-08-20',
  source: 'huggingface/hf-endpoints-documentation@6b7307a, pricing page',
};
const ON_AWS = { provider: 'Hugging Face Inference Endpoints on AWS', ...ENDPOINTS };
const ON_GOOGLE_CLOUD = { provider: 'Hugging Face Inference Endpoints on Google Cloud', ...ENDPOINTS };

/** Prices on demand, as printed. They change: an estimate takes the user's own price where there is one. */
export const PRICES: readonly AcceleratorPrice[] = [
  { ...ON_AWS, accelerator: 't4', usdPerHour: 0.5 },
  { ...ON_AWS, accelerator: 'l4', usdPerHour: 0.8 },
  { ...ON_AWS, accelerator: 'a10g', usdPerHour: 1 },
  { ...ON_AWS, accelerator: 'l40s', usdPerHour: 1.8 },
  { ...ON_AWS, accelerator: 'a100-80', usdPerHour: 2.5 },
  { ...ON_AWS, accelerator: 'h100-sxm', usdPerHour: 4.5, deprecated: true },
  { ...ON_AWS, accelerator: 'h200', usdPerHour: 5 },
  { ...ON_AWS, accelerator: 'b200', usdPerHour: 9.25, deprecated: true },
  { ...ON_GOOGLE_CLOUD, accelerator: 't4', usdPerHour: 0.5 },
  { ...ON_GOOGLE_CLOUD, accelerator: 'l4', usdPerHour: 0.7 },
  { ...ON_GOOGLE_CLOUD, accelerator: 'a100-80', usdPerHour: 3.6 },
  { ...ON_GOOGLE_CLOUD, accelerator: 'h100-sxm', usdPerHour: 10 },
  { ...ON_AWS, accelerator: 'inferentia2', usdPerHour: 0.75 },
  {
    accelerator: 'a10g',
    provider: 'clouds, as surveyed',
    source: 'ray-project/llm-numbers',
    date: '2023',
    usdPerHour: 1.5,
    upToUsdPerHour: 2,
  },
  {
    accelerator: 'a100-80',
    provider: 'clouds, as surveyed',
    source: 'ray-project/llm-numbers, "roughly"',
    date: '2023',
    usdPerHour: 5,
  },
  {
    accelerator: 'a100-40',
    provider: 'MosaicML',
    source: 'MosaicML on MPT-7B: about $200,000 for 100,320 GPU-hours',
    date: '2023-05',
    usdPerHour: 2,
  },
  {
    accelerator: 'h800',
    provider: 'rent assumed by DeepSeek',
    source: 'arXiv 2412.19437: $5.576M for 2.788M GPU-hours',
    date: '2024-12',
    usdPerHour: 2,
  },
];

/** The prices of an accelerator: offers before withdrawn ones, and of each the cheapest first. */
export function pricesOf(id: string): AcceleratorPrice[] {
  return PRICES.filter(({ accelerator }) => accelerator === id).sort(
    (a, b) => Number(a.deprecated ?? false) - Number(b.deprecated ?? false) || a.usdPerHour - b.usdPerHour,
  );
}

/** The cheapest offer for an accelerator, a withdrawn one where there is no other; `undefined` without a price. */
export function cheapestPrice(id: string): AcceleratorPrice | undefined {
  return pricesOf(id)[0];
}
