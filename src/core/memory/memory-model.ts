import {
  countActiveParameters,
  countParameters,
  type LinearLayer,
  type ModelShape,
  type ModelStructure,
} from '../architectures/architecture.js';

/** What an estimate must know of a model. */
export interface MemoryModel {
  /** Stored parameters, a tied output matrix counted once. */
  readonly parameters: number;
  /** Parameters that one token passes; fewer than all where tokens are routed between experts. */
  readonly activeParameters: number;
  readonly shape: ModelShape;
  /** The weights inside the blocks that LoRA adapts. */
  readonly linearLayers: readonly Pick<LinearLayer, 'module' | 'inputs' | 'outputs'>[];
}

/** The model that a table of weights describes. */
export function memoryModel(structure: ModelStructure): MemoryModel {
  return {
    parameters: countParameters(structure.parameters),
    activeParameters: countActiveParameters(structure),
    shape: structure.shape,
    linearLayers: structure.linearLayers,
  };
}
