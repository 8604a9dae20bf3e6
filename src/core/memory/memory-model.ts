import {
  countActiveParameters,
  countParameters,
  type LinearLayer,
  type ModelShape,
  type ModelStructure,
} from '../architectures/architecture.js';

/** Equal linear layers, of which large mixtures of experts have tens of thousands. */
export interface LinearLayers extends Pick<LinearLayer, 'inputs' | 'outputs'> {
  /** Their name with `*` for the numbers in it: `model.layers.*.self_attn.q_proj`. */
  readonly module: string;
  readonly count: number;
}

/** What an estimate must know of a model. */
export interface MemoryModel {
  /** Stored parameters, a tied output matrix counted once. */
  readonly parameters: number;
  /** Parameters that one token passes; fewer than all where tokens are routed between experts. */
  readonly activeParameters: number;
  readonly shape: ModelShape;
  /** The weights inside the blocks that LoRA adapts. */
  readonly linearLayers: readonly LinearLayers[];
}

/** The model that a table of weights describes. */
export function memoryModel(structure: ModelStructure): MemoryModel {
  return {
    parameters: countParameters(structure.parameters),
    activeParameters: countActiveParameters(structure),
    shape: structure.shape,
    linearLayers: groupLinearLayers(structure.linearLayers),
  };
}

/** Puts equal layers together, in the order in which each sort comes first. */
export function groupLinearLayers(
  layers: readonly Pick<LinearLayer, 'module' | 'inputs' | 'outputs'>[],
): LinearLayers[] {
  const groups = new Map<string, LinearLayers>();
  for (const { module, inputs, outputs } of layers) {
    const name = module.replace(/\.\d+(?=\.|$)/g, '.*');
    const key = `${name} ${inputs} ${outputs}`;
    groups.set(key, { module: name, inputs, outputs, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}

/** Weights of all these layers, biases not counted. */
export function linearWeights(layers: readonly LinearLayers[]): number {
  return layers.reduce((sum, { inputs, outputs, count }) => sum + inputs * outputs * count, 0);
}
