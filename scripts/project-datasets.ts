/** The datasets written for this project, as running text. */
import { existsSync, readFileSync } from 'node:fs';

/** Rows of a JSON Lines file; none while the file does not exist. */
export function readRows<Row>(path: string): Row[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
}

export interface DialogueRow {
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[];
}

export interface InstructionRow {
  readonly instruction: string;
  readonly input: string;
  readonly output: string;
}

export function dialogueText({ messages }: DialogueRow): string {
  return messages.map(({ content }) => content).join(' ');
}

export function instructionText(row: InstructionRow): string {
  return [row.instruction, row.input, row.output].filter(Boolean).join('\n');
}
