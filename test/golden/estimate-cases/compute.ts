import {
  checkpointBytes,
  gptParameters,
  petaflopDays,
  trainingFlops,
} from '../../../src/core/compute/index.js';
import { answers, type CaseInput } from './case-input.js';

function flops(input: CaseInput): number {
  const perPair = input.numberOr(6, 'flops_per_param_per_token', 'flops_per_param_token');
  return trainingFlops({
    parameters: input.has('params_m') ? input.number('params_m') * 1e6 : input.number('params'),
    tokens: input.has('tokens_b') ? input.number('tokens_b') * 1e9 : input.number('tokens'),
    flops_per_parameter_token: perPair,
  }).value;
}

/** One sequence forward and backward; learned positions take no part in matrix products. */
function sequenceFlops(input: CaseInput): number {
  const sequence = input.number('seq', 's');
  return trainingFlops({
    parameters: input.number('params_non_position', 'params'),
    tokens: sequence,
    attention: {
      ...{ layers: input.number('layers'), heads: input.number('heads') },
      ...{ head_dimension: input.number('head_dim'), sequence },
    },
  }).value;
}

function decoderParameters(input: CaseInput): number {
  return gptParameters({
    ...{ layers: input.number('layers'), hidden: input.number('hidden') },
    ...{ vocabulary: input.number('vocab'), context: input.number('context') },
    bias: !input.has('bias') || input.flag('bias'),
  }).value;
}

function checkpoint(input: CaseInput): number {
  return checkpointBytes({
    ...{ parameters: input.number('params'), bytes_per_parameter: input.numberOr(12, 'bytes_per_param') },
  }).value;
}

export const compute = answers({
  flops,
  pf_days: (input) => petaflopDays(input.has('flops') ? input.number('flops') : flops(input)).value,
  flops_per_sequence: sequenceFlops,
  flops_per_token: (input) => sequenceFlops(input) / input.number('seq', 's'),
  params: decoderParameters,
  params_reported: decoderParameters,
  estimated_bytes: checkpoint,
  measured_bytes: checkpoint,
});
