import { figure, type Figure } from '../estimates/figure.js';

/** A decoder of GPT-2’s kind: feed-forward networks of 4 h, output matrix tied to the embedding. */
export interface GptShape {
  readonly layers: number;
  readonly hidden: number;
  readonly vocabulary: number;
  /** Learned positions; 0 for a model without (BLOOM). */
  readonly context: number;
  /** Linear layers and norms have biases. */
  readonly bias?: boolean;
  /** A norm after the embedding, as BLOOM has. */
  readonly embedding_norm?: boolean;
}

/** Parameters of a decoder from its shape, counted one by one: with biases L(12h² + 13h) + Vh + ctx·h + 2h. */
export function gptParameters({
  bias = true,
  embedding_norm = false,
  layers,
  hidden,
  vocabulary,
  context,
}: GptShape): Figure {
  // A norm has a weight and with biases as much again; each block has two norms and 9 h of linear biases.
  const norm = bias ? 2 : 1;
  return figure(
    `layers * (12 * hidden^2 + ${bias ? 13 : 2} * hidden) + vocabulary * hidden + context * hidden + ${norm * (embedding_norm ? 2 : 1)} * hidden`,
    { layers, hidden, vocabulary, context },
    { source: 'Radford et al. 2019, GPT-2; nanoGPT, transformer_sizing; BLOOM, arXiv 2211.05100' },
  );
}
