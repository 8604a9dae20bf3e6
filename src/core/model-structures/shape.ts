import type { Experts, ModelShape } from '../architectures/architecture.js';

/** What sets one decoder apart; the rest follows from it. */
export interface DecoderNumbers extends Pick<
  ModelShape,
  'layers' | 'hidden' | 'heads' | 'feedForward' | 'feedForwardMatrices' | 'vocabulary' | 'contextLength'
> {
  readonly kvHeads?: number;
  readonly headDimension?: number;
  readonly slidingWindows?: ModelShape['slidingWindows'];
  readonly tiedEmbeddings: boolean;
  readonly experts?: Experts | undefined;
}

/** No layer has a window. */
export function fullAttention(layers: number): undefined[] {
  return Array.from({ length: layers }, () => undefined);
}

/** The window in those layers for which `slides` holds; a window that is absent or 0 limits nothing. */
export function windows(
  layers: number,
  window: number | null | undefined,
  slides: (layer: number) => boolean = () => true,
): (number | undefined)[] {
  return Array.from({ length: layers }, (_, layer) => (slides(layer) ? window || undefined : undefined));
}

/** The shape of a decoder that keeps keys and values of `kvHeads` heads. */
export function decoderShape({
  kvHeads,
  headDimension,
  slidingWindows,
  experts,
  ...numbers
}: DecoderNumbers): ModelShape {
  const dimension = headDimension ?? numbers.hidden / numbers.heads;
  return {
    kind: 'decoder',
    encoderLayers: 0,
    ...numbers,
    kvHeads: kvHeads ?? numbers.heads,
    headDimension: dimension,
    valueDimension: dimension,
    cacheWidth: 2 * (kvHeads ?? numbers.heads) * dimension,
    slidingWindows: slidingWindows ?? fullAttention(numbers.layers),
    ...(experts === undefined ? {} : { experts }),
  };
}

/** The shape of an encoder, which keeps nothing for generation. */
export function encoderShape(numbers: DecoderNumbers): ModelShape {
  return { ...decoderShape(numbers), kind: 'encoder', cacheWidth: 0 };
}
