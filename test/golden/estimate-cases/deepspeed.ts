import { deepSpeedEstimate, type DeepSpeedEstimate } from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type CaseInput } from './case-input.js';

function estimate(input: CaseInput): DeepSpeedEstimate {
  const stage = input.number('stage');
  if (stage !== 2 && stage !== 3) throw new Unanswered(`DeepSpeed's estimate of stage ${stage}`);
  const layer = input.numberOr(undefined, 'largest_layer_params');
  return deepSpeedEstimate({
    stage,
    parameters: input.number('params'),
    ...(layer === undefined ? {} : { largestLayerParameters: layer }),
    gpusPerNode: input.number('gpus_per_node', 'gpus'),
    nodes: input.numberOr(1, 'nodes'),
    offloadOptimizer: input.flag('offload_optimizer'),
    offloadParameters: input.flag('offload_param'),
    zeroInit: input.flag('zero_init'),
    bufferFactor: input.numberOr(1.5, 'buffer_factor'),
  });
}

export const deepspeed = answers({
  ...inUnits('gpu', (input) => estimate(input).gpu.value),
  ...inUnits('cpu', (input) => estimate(input).cpu.value),
});
