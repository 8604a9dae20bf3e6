import type { ModelShape } from '../architectures/architecture.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { assertReadable } from './generate.js';
import type { TextModel } from './text-model.js';

/** Texts computed at once at most. */
const MOST_TEXTS = 16;

/** Positions of a batch with its padding at most: attention takes memory by their square. */
const MOST_POSITIONS = 4096;

/** How embedding is stopped and watched. */
export interface EmbedPorts {
  /** Asked between batches. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of texts done so far. */
  readonly onDone?: ((count: number) => void) | undefined;
}

/**
 * Texts as vectors of length 1: the mean of the final hidden states over a text's tokens, after the final
 * normalisation, as sentence-transformers' mean pooling. A decoder that was not trained for it places texts by their
 * wording as much as by their meaning.
 *
 * @param texts token ids of each, special tokens included; from one to the context length
 * @returns for each text its vector, [hidden]; those beside it change it by no more than rounding
 * @throws ToolkitError `CONTEXT_OVERFLOW` for a text that is too long, `USAGE` for an empty one, before anything is
 *   computed; the signal's reason
 */
export async function embedTexts(
  model: TextModel,
  texts: readonly (readonly number[])[],
  { signal, onDone }: EmbedPorts = {},
): Promise<Float32Array[]> {
  for (const [index, text] of texts.entries()) {
    assertEmbeddable(text, model.model.shape, `text ${index + 1}`);
  }
  const vectors: Float32Array[] = [];
  // The longest first, so that a lack of memory shows at once.
  const order = [...texts.keys()].sort((a, b) => texts[b]!.length - texts[a]!.length || a - b);
  for (let done = 0; done < order.length;) {
    signal?.throwIfAborted();
    const batch = order.slice(done, done + batchSize(texts[order[done]!]!.length, order.length - done));
    const means = await model.meanStates(batch.map((index) => texts[index]!));
    for (const [row, index] of batch.entries()) vectors[index] = toUnitLength(means[row]!);
    done += batch.length;
    onDone?.(done);
  }
  return vectors;
}

/**
 * Sees to it that a text can be embedded.
 *
 * @param name what messages call it
 * @throws ToolkitError as {@link embedTexts}
 */
export function assertEmbeddable(text: readonly number[], shape: ModelShape, name: string): void {
  const { contextLength } = shape;
  if (text.length > contextLength) {
    throw new ToolkitError(
      `${name} has ${text.length} tokens; the model reads ${contextLength} at most`,
      'CONTEXT_OVERFLOW',
      'Shorten it, or choose an embedding model with a longer context.',
    );
  }
  // Unlike a prompt it may fill the context to its end: nothing comes after its last token.
  for (const part of text.length === contextLength ? [text.slice(0, -1), text.slice(-1)] : [text])
    assertReadable(part, shape, name);
}

/** A power of two, so that few programs are compiled. */
function batchSize(longest: number, left: number): number {
  const room = Math.min(MOST_TEXTS, left, Math.max(1, Math.floor(MOST_POSITIONS / longest)));
  return 2 ** Math.floor(Math.log2(room));
}

/** A vector divided by its Euclidean length; zero stays what it is. */
function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}
