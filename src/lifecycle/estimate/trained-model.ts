import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { ModelShape } from '../../core/architectures/architecture.js';
import {
  resolveModel,
  type ResolvedModel,
  type ResolveModelPorts,
} from '../../core/selection/resolve-model.js';

/** Tokens of a training sequence assumed where none is named and the model allows more. */
const USUAL_SEQUENCE = 4096;

/** What a bare number of parameters does not tell of a model. */
export interface ModelTraits {
  /** Parameters that one token passes. */
  readonly activeParameters?: number | undefined;
  readonly encoderDecoder?: boolean | undefined;
}

/** Half of the layers each, as in T5. */
function asEncoderDecoder(shape: ModelShape): ModelShape {
  const layers = Math.max(1, Math.round(shape.layers / 2));
  const slidingWindows = shape.slidingWindows.slice(0, layers);
  return { ...shape, kind: 'encoder-decoder', layers, encoderLayers: layers, slidingWindows };
}

/**
 * The model whose operations are counted: as it is named, with what the user adds to a bare number of parameters.
 *
 * @throws ToolkitError as {@link resolveModel}; `USAGE` for traits of a model that has its own
 */
export async function resolveTrainedModel(
  name: string,
  traits: ModelTraits,
  ports: ResolveModelPorts,
): Promise<ResolvedModel> {
  const resolved = await resolveModel(name, ports);
  const { model, source } = resolved;
  const { activeParameters = model.activeParameters, encoderDecoder = false } = traits;
  if (source !== 'count' && (traits.activeParameters !== undefined || encoderDecoder)) {
    throw new ToolkitError(
      `${encoderDecoder ? '--encoder-decoder' : '--active-parameters'}: ${name} says itself what it is`,
      'USAGE',
      'Leave the flag out, or give a bare number of parameters.',
    );
  }
  if (activeParameters > model.parameters) {
    throw new ToolkitError(
      `--active-parameters ${activeParameters}: more than the ${model.parameters} parameters there are`,
      'USAGE',
      'Give the parameters that one token passes, such as 37B of 671B.',
    );
  }
  const shape = encoderDecoder ? asEncoderDecoder(model.shape) : model.shape;
  return { ...resolved, model: { ...model, activeParameters, shape } };
}

/**
 * Tokens of one sequence: the user's, or as many as models are usually trained with.
 *
 * @throws ToolkitError `CONTEXT_OVERFLOW` where a model that is known was made for fewer
 */
export function sequenceLength({ model, source }: ResolvedModel, wanted: number | undefined): number {
  const { contextLength } = model.shape;
  if (wanted === undefined) return Math.min(USUAL_SEQUENCE, contextLength);
  if (source === 'count' || wanted <= contextLength) return wanted;
  throw new ToolkitError(
    `--sequence-length ${wanted}: the model was made for ${contextLength} positions`,
    'CONTEXT_OVERFLOW',
    `Choose at most ${contextLength}, or a model with a longer context.`,
  );
}
