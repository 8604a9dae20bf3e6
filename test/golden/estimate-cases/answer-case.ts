import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { accelerate } from './accelerate.js';
import { activations } from './activations.js';
import { CaseInput, Unanswered, type Answer, type EstimateCase, type GroupAnswers } from './case-input.js';
import { chinchilla } from './chinchilla.js';
import { compute } from './compute.js';
import { deepspeed } from './deepspeed.js';
import { gguf } from './gguf.js';
import { kv } from './kv.js';
import { llamaFactory } from './llama-factory.js';
import { lora } from './lora.js';
import { loss } from './loss.js';
import { measured } from './measured.js';
import { mfu } from './mfu.js';
import { notes } from './notes.js';
import { optimizer } from './optimizer.js';
import { params } from './params.js';
import { time } from './time.js';
import { zero } from './zero.js';

const GROUPS: Readonly<Record<string, GroupAnswers>> = {
  ...{ notes, zero, deepspeed, accelerate, kv, gguf, activations, optimizer, lora, chinchilla, compute, time },
  ...{ mfu, params, measured, loss, 'llama-factory': llamaFactory },
};

/** One expected figure beside the toolkit's own. */
export interface Comparison {
  readonly key: string;
  readonly expected: unknown;
  /** Absent where no function answers. */
  readonly actual?: Answer;
  readonly isMet: boolean;
  readonly reason?: string;
}

/** Whether a figure is within a case's tolerance: the wider of the two where both are given. */
function isWithin(actual: Answer, expected: unknown, { abs = 0, rel = 0 }: EstimateCase['tolerance']): boolean {
  if (typeof expected !== 'number' || typeof actual !== 'number') return actual === expected;
  return Math.abs(actual - expected) <= Math.max(abs, rel * Math.abs(expected));
}

async function compare(estimateCase: EstimateCase, input: CaseInput, key: string): Promise<Comparison> {
  const { group, tolerance } = estimateCase;
  const expected = estimateCase.expected[key];
  const answerer = Object.hasOwn(GROUPS, group) ? GROUPS[group]!(key) : undefined;
  if (answerer === undefined) {
    return { key, expected, isMet: false, reason: `no function answers ${key} of ${group}` };
  }
  try {
    const actual = await answerer(input);
    return { key, expected, actual, isMet: isWithin(actual, expected, tolerance) };
  } catch (error) {
    if (error instanceof Unanswered || error instanceof ToolkitError) return { key, expected, isMet: false, reason: error.message };
    throw error;
  }
}

/** Every expected figure of a case beside what the toolkit's public functions say; the id plays no part. */
export async function answerCase(estimateCase: EstimateCase): Promise<Comparison[]> {
  const input = new CaseInput(estimateCase);
  const comparisons: Comparison[] = [];
  for (const key of Object.keys(estimateCase.expected)) {
    comparisons.push(await compare(estimateCase, input, key));
  }
  const unread = input.unread();
  if (unread.length === 0 || comparisons.some(({ actual }) => actual === undefined)) return comparisons;
  const reason = `no function answers ${unread.join(', ')}`;
  return comparisons.map((comparison) => ({ ...comparison, isMet: false, reason }));
}
