import type { StateDict } from '../checkpoints/checkpoint.js';
import { Random } from '../training/random.js';
import type { Initializer, ParameterSpec } from './architecture.js';

function draw(initializer: Initializer, random: Random): number {
  switch (initializer.kind) {
    case 'normal':
      return initializer.deviation * random.normal();
    case 'uniform':
      return initializer.bound * (2 * random.uniform() - 1);
    case 'constant':
      return initializer.value;
  }
}

/** Values to start training from. Every parameter has its own stream, so none depends on what others there are. */
export function initializeParameters(parameters: readonly ParameterSpec[], seed: number): StateDict {
  const state: StateDict = new Map();
  for (const [index, { name, shape, initializer }] of parameters.entries()) {
    const random = new Random(seed, index);
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let element = 0; element < data.length; element++) data[element] = draw(initializer, random);
    state.set(name, { shape, data });
  }
  return state;
}
