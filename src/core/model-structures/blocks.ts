import type { WeightOptions, WeightTable } from './weight-table.js';

/** Widths of an attention with separate projections. */
export interface AttentionWidths {
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDimension: number;
}

/** Names of the projections, in the order query, key, value, output. */
export type AttentionNames = readonly [query: string, key: string, value: string, output: string];

/** Names of the three matrices of a gated feed-forward network. */
export type GatedNames = readonly [gate: string, up: string, down: string];

/** Names as LLaMA has them, which most later families took over. */
const LLAMA_ATTENTION: AttentionNames = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];
const LLAMA_FEED_FORWARD: GatedNames = ['gate_proj', 'up_proj', 'down_proj'];

/** Query, key, value and output projections of `module`. */
export function addAttention(
  table: WeightTable,
  module: string,
  { hidden, heads, kvHeads, headDimension }: AttentionWidths,
  options: { bias?: boolean; outputBias?: boolean; names?: AttentionNames } = {},
): void {
  const { bias = false, outputBias = bias, names: [query, key, value, output] = LLAMA_ATTENTION } = options;
  table.linear(`${module}.${query}`, hidden, heads * headDimension, { bias });
  table.linear(`${module}.${key}`, hidden, kvHeads * headDimension, { bias });
  table.linear(`${module}.${value}`, hidden, kvHeads * headDimension, { bias });
  table.linear(`${module}.${output}`, heads * headDimension, hidden, { bias: outputBias });
}

/** A feed-forward network with a gate: three matrices. */
export function addGatedFeedForward(
  table: WeightTable,
  module: string,
  hidden: number,
  inner: number,
  options: WeightOptions & { names?: GatedNames } = {},
): void {
  const { names: [gate, up, down] = LLAMA_FEED_FORWARD, ...weight } = options;
  table.linear(`${module}.${gate}`, hidden, inner, weight);
  table.linear(`${module}.${up}`, hidden, inner, weight);
  table.linear(`${module}.${down}`, inner, hidden, weight);
}

/** The experts of one layer, each a gated feed-forward network. */
export function addExperts(
  table: WeightTable,
  module: string,
  count: number,
  hidden: number,
  inner: number,
  names: GatedNames = LLAMA_FEED_FORWARD,
): void {
  for (let expert = 0; expert < count; expert++) {
    addGatedFeedForward(table, `${module}.${expert}`, hidden, inner, { routed: true, names });
  }
}

/** A feed-forward network without a gate: two matrices. */
export function addFeedForward(
  table: WeightTable,
  [up, down]: readonly [up: string, down: string],
  hidden: number,
  inner: number,
  options: WeightOptions = {},
): void {
  table.linear(up, hidden, inner, options);
  table.linear(down, inner, hidden, options);
}
