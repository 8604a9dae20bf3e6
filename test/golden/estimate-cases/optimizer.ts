import {
  OPTIMIZERS,
  statesPerParameter,
  type OptimizerName,
  type Precision,
} from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type CaseInput } from './case-input.js';

/** Other words for the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  adam: 'adamw',
  'adam-fp32': 'adamw',
  'adamw-fp32': 'adamw',
  'adam-mixed': 'adamw',
  'adam-bf16': 'adamw-bf16',
  'adam-8bit': 'adamw-8bit',
  '8bit-adam': 'adamw-8bit',
  '8bit-adamw': 'adamw-8bit',
  '8-bit-adam': 'adamw-8bit',
  '8-bit-adamw': 'adamw-8bit',
  'adam-8-bit': 'adamw-8bit',
  'adamw-8-bit': 'adamw-8bit',
  'adam-4bit': 'adamw-4bit',
  '4bit-adam': 'adamw-4bit',
  '4-bit-adam': 'adamw-4bit',
  'sgd-with-momentum': 'sgd-momentum',
};

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
  const words = input.text('optimizer').toLowerCase().replaceAll(/[_ ]/g, '-');
  const optimizer = (SYNONYMS[words] ?? words) as OptimizerName;
  if (!OPTIMIZERS.includes(optimizer)) throw new Unanswered(`the optimizer ${words}`);
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
