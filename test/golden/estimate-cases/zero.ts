import { DTYPE_BYTES, largestZeroModel, zeroCommunication, zeroStateBytes } from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type Answerer, type CaseInput } from './case-input.js';

type Stage = 0 | 1 | 2 | 3;

function stageOf(input: CaseInput): Stage {
  const stage = input.number('stage');
  if (stage !== 0 && stage !== 1 && stage !== 2 && stage !== 3) throw new Unanswered(`ZeRO stage ${stage}`);
  return stage;
}

function optionsOf(input: CaseInput, stage: Stage): Parameters<typeof zeroStateBytes>[1] {
  input.pass('optimizer');
  return { stage, dataParallel: input.number('dp', 'gpus'), optimizerBytes: input.numberOr(12, 'k') };
}

const states = (name: string, stage: Stage): Record<string, Answerer> =>
  inUnits(name, (input) => zeroStateBytes(input.number('params'), optionsOf(input, stage)).value);

const volume: Answerer = (input) => {
  input.pass('dp');
  return zeroCommunication(input.number('params'), stageOf(input)).value;
};

export const zero = answers({
  // Gradients brought together in one buffer of 32 bits, section 3.2.
  ...inUnits('fused_buffer', (input) => input.number('params') * DTYPE_BYTES.fp32),
  ...states('baseline', 0),
  ...states('pos', 1),
  ...states('pos_g', 2),
  ...states('pos_g_p', 3),
  ...inUnits('', (input) => zeroStateBytes(input.number('params'), optionsOf(input, stageOf(input))).value),
  max_params: (input) =>
    largestZeroModel(input.number('gpu_gb') * 1e9, optionsOf(input, stageOf(input))).value,
  volume_params: volume,
  volume_elements: volume,
  volume_per_param: (input) => {
    input.pass('params', 'dp');
    return zeroCommunication(1, stageOf(input)).value;
  },
  volume_ratio: (input) => {
    input.pass('params', 'dp');
    return zeroCommunication(1, stageOf(input)).value / zeroCommunication(1, 0).value;
  },
});
