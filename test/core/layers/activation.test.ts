import { expect, it } from 'vitest';
import { activationByName } from '../../../src/core/layers/activation.js';

// What the activations compute, the contract and parity tests show.

it.each(['mish', 'toString', ''])(
  'an activation called "%s" is refused, with the names there are',
  (name) => {
    let thrown: unknown;
    try {
      activationByName(name);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      code: 'UNSUPPORTED',
      message: `config.json: activation "${name}" is not known`,
      hint: expect.stringContaining('silu, swish, gelu, gelu_new, gelu_pytorch_tanh, relu'),
    });
  },
);
