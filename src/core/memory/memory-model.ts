import type { LinearLayer, ModelShape } from '../architectures/architecture.js';

/** What an estimate must know of a model; every `Model` of `core/architectures` has it, apart from the count. */
export interface MemoryModel {
  /** Stored parameters, a tied output matrix counted once. */
  readonly parameters: number;
  readonly shape: ModelShape;
  /** The weights inside the blocks that LoRA adapts. */
  readonly linearLayers: readonly Pick<LinearLayer, 'inputs' | 'outputs'>[];
}
