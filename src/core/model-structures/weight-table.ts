import type { LinearLayer, WeightSpec } from '../architectures/architecture.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** Far more than any model has: Kimi K2, with 384 experts in each of 60 layers, stores about 70,000 tensors. */
const MOST_TENSORS = 2 ** 18;

/** What a weight is besides its shape. */
export interface WeightOptions {
  /** A second tensor `.bias`, one value per output. */
  readonly bias?: boolean;
  /** The weight is one expert's. */
  readonly routed?: boolean;
}

/** The weights of one model while they are listed. */
export class WeightTable {
  readonly parameters: WeightSpec[] = [];
  readonly linearLayers: LinearLayer[] = [];

  /** One tensor by its full name. */
  tensor(name: string, shape: readonly number[], routed = false): void {
    if (this.parameters.length === MOST_TENSORS) {
      throw new ToolkitError(
        `config.json: describes more than ${MOST_TENSORS} tensors, which no model has`,
        'BAD_CHECKPOINT',
        'Compare it with the config.json published with the model.',
      );
    }
    this.parameters.push(routed ? { name, shape, routed } : { name, shape });
  }

  /** A table of `rows` vectors: an embedding, or an output matrix. */
  matrix(module: string, rows: number, width: number): void {
    this.tensor(`${module}.weight`, [rows, width]);
  }

  /** The gain of a normalisation, and its bias if it has one. */
  norm(module: string, width: number, { bias = false }: WeightOptions = {}): void {
    this.tensor(`${module}.weight`, [width]);
    if (bias) this.tensor(`${module}.bias`, [width]);
  }

  /** A linear layer inside a block, stored [outputs, inputs]. */
  linear(module: string, inputs: number, outputs: number, options: WeightOptions = {}): void {
    const { bias = false, routed = false } = options;
    this.linearLayers.push({ module, inputs, outputs, inputsFirst: false });
    this.tensor(`${module}.weight`, [outputs, inputs], routed);
    if (bias) this.tensor(`${module}.bias`, [outputs], routed);
  }
}
