import { DTYPE_BYTES, type Dtype } from '../../core/memory/dtype.js';
import {
  RULE_BYTES_PER_PARAMETER as RULE,
  RULE_TRAINING_BYTES_PER_PARAMETER,
} from '../../core/memory/rule-of-thumb.js';
import type { MemoryEstimate } from '../../lifecycle/estimate/memory.js';
import { formatBinaryBytes, formatBytes, formatCount, formatParameters } from '../format.js';
import type { Column } from '../table.js';

/** Columns of the estimate's table. */
export const MEMORY_COLUMNS: readonly Column[] = [
  { title: 'Memory' },
  { title: 'decimal', align: 'right' },
  { title: 'binary', align: 'right' },
  { title: 'what is counted' },
];

type Assumptions = MemoryEstimate['assumptions'];

function row(title: string, bytes: number, counted: string): string[] {
  return [title, formatBytes(bytes), formatBinaryBytes(bytes), counted];
}

function weightsCounted({ parameters, assumptions }: MemoryEstimate): string {
  return `${formatCount(parameters)} parameters of ${DTYPE_BYTES[assumptions.dtype as Dtype]} bytes`;
}

function trainedCounted({ method, rank }: Assumptions): string {
  return method === 'lora'
    ? `of LoRA adapters of rank ${rank ?? 0} on every linear layer`
    : 'of every parameter';
}

function recomputeCounted({ recompute }: Assumptions): string {
  switch (recompute) {
    case 'none':
      return 'attention scores kept';
    case 'full':
      return 'blocks computed again for the gradients';
    default:
      return 'attention scores computed again';
  }
}

/** The estimate's rows: the rule of thumb, then running, then training. */
export function memoryRows(estimate: MemoryEstimate): string[][] {
  const { rule, inference, training, assumptions } = estimate;
  const sequences = `${formatCount(assumptions.batch)} × ${formatCount(assumptions.sequence_length)} tokens`;
  const positions = `${formatCount(assumptions.batch)} × ${formatCount(assumptions.context)} tokens`;
  const weights = weightsCounted(estimate);
  return [
    row('Rule: run', rule.inference_bytes, `${RULE.weights} bytes per parameter (32 bits)`),
    row(
      'Rule: train',
      rule.training_bytes,
      `${RULE_TRAINING_BYTES_PER_PARAMETER} bytes per parameter: weights ${RULE.weights}, gradients ${RULE.gradients}, ` +
        `Adam ${RULE.adamStates}, activations and temporaries ${RULE.activationsAndTemporaries}`,
    ),
    ['', '', '', ''],
    row(`Run: weights`, inference.weights_bytes, weights),
    row('Run: key/value cache', inference.kv_cache_bytes, positions),
    row('Run: activations', inference.activations_bytes, `one pass over ${positions}`),
    row('Run: overhead', inference.overhead_bytes, 'runtime 0.5 GiB, and 5 % lost by allocators'),
    row('Run: total', inference.total_bytes, `in ${assumptions.dtype}`),
    ['', '', '', ''],
    row(
      'Train: weights',
      training.weights_bytes,
      weights + (assumptions.method === 'lora' ? ', and adapters' : ''),
    ),
    row('Train: gradients', training.gradients_bytes, trainedCounted(assumptions)),
    row(
      'Train: optimizer',
      training.optimizer_bytes,
      `${assumptions.optimizer}, ${trainedCounted(assumptions)}`,
    ),
    row('Train: activations', training.activations_bytes, `${sequences}, ${recomputeCounted(assumptions)}`),
    row(
      'Train: total',
      training.total_bytes,
      `${assumptions.method} training in ${assumptions.dtype}, on one device`,
    ),
  ];
}

/** What the model is, above the table. */
export function describeModel({ parameters, assumptions }: MemoryEstimate): string {
  const { layers, hidden, heads, kv_heads } = assumptions;
  const attention = heads === kv_heads ? `${heads} heads` : `${heads} heads and ${kv_heads} key/value heads`;
  const shape = `${formatCount(layers)} layers of width ${formatCount(hidden)}, ${attention}`;
  const size = `${formatCount(parameters)} parameters (${formatParameters(parameters)})`;
  return assumptions.shape_source === 'config'
    ? `${size}: ${shape}.`
    : `${size}. A count has no shape; that of a typical LLaMA is assumed: ${shape}. Give a config.json to have its own.`;
}

/** Why the rule and the detail differ, below the table. */
export function explainDifference({ training, parameters, assumptions }: MemoryEstimate): string {
  const { dtype, method } = assumptions;
  const activations = Number((training.activations_bytes / parameters).toPrecision(2));
  const reasons = [
    `counts ${RULE.activationsAndTemporaries} bytes of activations per parameter whatever the batch (${activations} here)`,
    ...(dtype === 'fp32' ? [] : [`holds everything in 32 bits (${dtype} here)`]),
    ...(method === 'full' ? [] : ['trains every parameter (only adapters here)']),
  ];
  return (
    `They differ because the rule ${reasons.join(', and ')}; ` +
    `to run, it counts the weights alone, though cache and activations grow with batch × tokens.`
  );
}
