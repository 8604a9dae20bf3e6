import type { ModelShape } from '../architectures/architecture.js';
import { figure, type Figure } from '../estimates/figure.js';
import type { Recomputation } from '../memory/activations.js';
import type { MemoryModel } from '../memory/memory-model.js';

/** Operations of one token for one purpose. */
export interface TokenFlops {
  /** In the field's words and in lower case: `attention, forward and backward`. */
  readonly part: string;
  readonly flops_per_token: Figure;
}

/** What a training token is counted for. */
export interface TrainingTokenOptions {
  /** Tokens of one sequence. */
  readonly sequence: number;
  /** Counts only the pairs of tokens that the causal mask lets through, half of all. */
  readonly causal: boolean;
  readonly recompute: Recomputation;
  readonly method: 'full' | 'lora';
  /** LoRA’s inner dimension. */
  readonly rank: number;
}

/** Operations of a training token: those the model needs, and those that are done again to save memory. */
export interface TrainingTokenFlops {
  readonly model: readonly TokenFlops[];
  readonly recomputed: readonly TokenFlops[];
}

const KAPLAN = 'Kaplan et al. 2020, arXiv 2001.08361';
const PALM = 'Chowdhery et al. 2022, PaLM, arXiv 2204.02311, appendix B';

/**
 * Parameters that a token meets: not the other experts of a mixture; in an encoder–decoder half of them, since a token
 * passes either the encoder or the decoder.
 */
function weightsMet({ activeParameters, shape }: MemoryModel): {
  text: string;
  value: Record<string, number>;
} {
  const text = shape.kind === 'encoder-decoder' ? 'active_parameters / 2' : 'active_parameters';
  return { text, value: { active_parameters: activeParameters } };
}

/** Tokens that one token attends to, summed over the layers, as part of a formula. */
function attended(
  shape: ModelShape,
  sequence: number,
  causal: boolean,
): { text: string; value: Record<string, number> } {
  const { layers, encoderLayers, kind, slidingWindows } = shape;
  if (kind === 'encoder-decoder') {
    // Of two tokens one passes the encoder, the other the decoder with its two attentions, the first of them causal.
    const text = `(encoder_layers + ${causal ? 1.5 : 2} * layers) / 2 * sequence`;
    return { text, value: { encoder_layers: encoderLayers, layers, sequence } };
  }
  const halved = causal && kind === 'decoder';
  if (slidingWindows.every((window) => window === undefined || window >= sequence)) {
    return { text: `layers * sequence${halved ? ' / 2' : ''}`, value: { layers, sequence } };
  }
  const tokens = slidingWindows.reduce<number>((sum, window) => {
    const seen = Math.min(window ?? sequence, sequence);
    // The first tokens of a sequence see fewer than the window holds.
    return sum + (halved ? seen * (1 - seen / (2 * sequence)) : seen);
  }, 0);
  return { text: 'attended_tokens', value: { attended_tokens: tokens } };
}

/** Operations of attention’s two products; `passes` is 1 for the forward pass, 3 with the backward pass. */
function attentionFlops(
  model: MemoryModel,
  passes: 1 | 3,
  options: { sequence: number; causal: boolean },
): Figure {
  const { heads, headDimension, valueDimension } = model.shape;
  const { text, value } = attended(model.shape, options.sequence, options.causal);
  const equal = headDimension === valueDimension;
  const width = equal ? 'head_dimension' : '(head_dimension + value_dimension)';
  return figure(
    `${(equal ? 4 : 2) * passes} * heads * ${width} * ${text}`,
    {
      heads,
      head_dimension: headDimension,
      ...(equal ? {} : { value_dimension: valueDimension }),
      ...value,
    },
    {
      source: options.causal ? `${PALM}, of which causal attention needs half` : PALM,
      leavesOut: options.causal
        ? 'softmax'
        : 'softmax; counts pairs that a causal mask hides, as the source does',
    },
  );
}

/** Operations of a training token, part by part. */
export function trainingTokenFlops(model: MemoryModel, options: TrainingTokenOptions): TrainingTokenFlops {
  const { method, rank, recompute } = options;
  const { text, value } = weightsMet(model);
  const weights = (factor: number, source: string): Figure =>
    figure(`${factor} * ${text}`, value, {
      source,
      leavesOut:
        'that embedding rows are looked up, not multiplied; norms, activations and other element-wise work',
    });
  const parts: TokenFlops[] = [
    { part: 'weights, forward', flops_per_token: weights(2, `2N: ${KAPLAN}`) },
    method === 'full'
      ? { part: 'weights, backward', flops_per_token: weights(4, `4N, for inputs and weights: ${KAPLAN}`) }
      : {
          part: 'weights, backward',
          flops_per_token: weights(2, '2N: frozen weights need gradients of their inputs only'),
        },
  ];
  if (method === 'lora') {
    const inputs_and_outputs = model.linearLayers.reduce(
      (sum, { inputs, outputs, count }) => sum + count * (inputs + outputs),
      0,
    );
    parts.push({
      part: 'adapters, forward and backward',
      flops_per_token: figure(
        '6 * rank * inputs_and_outputs',
        { rank, inputs_and_outputs },
        { source: '6N of the adapters’ own parameters: Hu et al. 2021, arXiv 2106.09685' },
      ),
    });
  }
  parts.push({ part: 'attention, forward and backward', flops_per_token: attentionFlops(model, 3, options) });
  const recomputed: TokenFlops[] = [];
  if (recompute === 'full') {
    recomputed.push({
      part: 'weights, computed again',
      flops_per_token: weights(2, 'a second forward pass, 8ND in all: EleutherAI, Transformer Math 101'),
    });
  }
  if (recompute !== 'none') {
    recomputed.push({
      part: 'attention, computed again',
      flops_per_token: attentionFlops(model, 1, options),
    });
  }
  return { model: parts, recomputed };
}

/** Operations of one more token at the end of `sequence` tokens, when the model is run: 2N and attention. */
export function inferenceTokenFlops(model: MemoryModel, sequence: number): TokenFlops[] {
  const { text, value } = weightsMet(model);
  const weights = figure(`2 * ${text}`, value, { source: `2N: ${KAPLAN}` });
  return [
    { part: 'weights', flops_per_token: weights },
    { part: 'attention', flops_per_token: attentionFlops(model, 1, { sequence, causal: false }) },
  ];
}

/** Sum of parts, whose formula names them. */
export function totalTokenFlops(parts: readonly TokenFlops[]): Figure {
  const named = parts.map(
    ({ part, flops_per_token }) => [part.replace(/\W+/g, '_'), flops_per_token.value] as const,
  );
  return figure(named.map(([name]) => name).join(' + '), Object.fromEntries(named), {
    source: 'sum of its parts',
  });
}
