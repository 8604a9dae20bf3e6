import { contentLeftOut, isBlank, kindOf, textColumn } from '../columns.js';
import type { RowFormat } from '../row-format.js';

/** The prompt that Stanford Alpaca was trained with (`PROMPT_DICT` in its published train.py). */
function alpacaPrompt(instruction: string, input: string): string {
  return isBlank(input)
    ? 'Below is an instruction that describes a task. ' +
        'Write a response that appropriately completes the request.\n\n' +
        `### Instruction:\n${instruction}\n\n### Response:`
    : 'Below is an instruction that describes a task, paired with an input that provides further context. ' +
        'Write a response that appropriately completes the request.\n\n' +
        `### Instruction:\n${instruction}\n\n### Input:\n${input}\n\n### Response:`;
}

/**
 * Instructions as published with Stanford Alpaca (Taori et al. 2023). They become prompt and completion in Alpaca's own
 * wording, the output right after `### Response:` as in its training code, so that base models without a chat template
 * can be trained on them.
 */
export const alpaca: RowFormat = {
  id: 'alpaca',
  description: 'Alpaca: "instruction", "input" (may be empty or absent) and "output".',
  example: { instruction: 'Name the capital.', input: 'France', output: 'Paris' },
  detect: (row) => Object.hasOwn(row, 'instruction') && Object.hasOwn(row, 'output'),
  parse(row) {
    const instruction = textColumn(row, 'instruction');
    if (typeof instruction !== 'string') return instruction;
    const completion = textColumn(row, 'output');
    if (typeof completion !== 'string') return completion;
    const input = row['input'] ?? '';
    if (typeof input !== 'string') return { problem: `column "input" is ${kindOf(input)}, not a string` };
    return (
      contentLeftOut(row, ['system', 'history']) ?? {
        kind: 'prompt-completion',
        prompt: alpacaPrompt(instruction, input),
        completion,
      }
    );
  },
};
