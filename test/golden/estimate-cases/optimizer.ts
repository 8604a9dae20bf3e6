import {
  OPTIMIZERS,
  statesPerParameter,
  type OptimizerName,
  type Precision,
} from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type CaseInput } from './case-input.js';

/** Sources name the same optimizer in many ways: `8bit-adam`, `AdamW 8-bit`, `sgd_momentum`. */
function optimizerNamed(name: string): OptimizerName {
  const words = name.toLowerCase().replaceAll(/[_ ]/g, '-');
  const found = /\b(?<bits>[48])-?bit\b/.exec(words)?.groups;
  const plain = found === undefined ? words.replace(/^adam(?=-|$)/, 'adamw') : `adamw-${found['bits']!}bit`;
  const optimizer = plain.replace(/^adamw-(?:fp32|mixed)$/, 'adamw').replace('-with-', '-') as OptimizerName;
  if (!OPTIMIZERS.includes(optimizer)) throw new Unanswered(`the optimizer ${name}`);
  return optimizer;
}

/** The table that these cases are from calls weights in 16 and 32 bits beside gradients in 32 bits mixed. */
const PRECISIONS: Readonly<Record<string, { precision: Precision; dtype: 'bf16' | 'fp32' }>> = {
  mixed: { precision: 'mixed-fp32-gradients', dtype: 'bf16' },
  'mixed-fp32-gradients': { precision: 'mixed-fp32-gradients', dtype: 'bf16' },
  'mixed-fp16-gradients': { precision: 'mixed', dtype: 'bf16' },
  zero: { precision: 'mixed', dtype: 'bf16' },
  fp32: { precision: 'pure', dtype: 'fp32' },
  bf16: { precision: 'pure', dtype: 'bf16' },
  'pure-bf16': { precision: 'pure', dtype: 'bf16' },
};

function states(input: CaseInput): ReturnType<typeof statesPerParameter> {
  const optimizer = optimizerNamed(input.text('optimizer'));
  const named = input.textOr('mixed', 'precision').toLowerCase().replaceAll(/[_ ]/g, '-');
  const precision = PRECISIONS[named];
  if (precision === undefined) throw new Unanswered(`the precision ${named}`);
  input.pass('params');
  return statesPerParameter({ optimizer, ...precision });
}

export const optimizer = answers({
  bytes_per_param: (input) => states(input).total,
  optimizer_bytes_per_param: (input) => states(input).optimizer,
  state_bytes_per_param: (input) => states(input).optimizer,
  weights_bytes_per_param: (input) => states(input).weights,
  gradients_bytes_per_param: (input) => states(input).gradients,
  ...inUnits('', (input) => states(input).total * input.number('params')),
  ...inUnits('optimizer', (input) => states(input).optimizer * input.number('params')),
});
