import { expect, it } from 'vitest';
import { promptWorkbench } from '../../src/cli/prompt-workbench.js';
import { PROMPT_FOLDER } from '../../src/cli/prompt-folder.js';
import type { TextQuestion } from '../../src/cli/prompts.js';
import { nodeFileSystem } from '../../src/platform/file-system.js';
import { fakePrompts } from './fake-ports.js';

/** Goes through the workbench without a run; returns what each line held before it was typed, and what was said. */
async function work(answers: readonly string[]) {
  const prompts = fakePrompts([...answers, 'Leave']);
  const [lines, said]: [string[], string[]] = [[], []];
  const listening = {
    ...prompts,
    text: (message: string, question?: TextQuestion) => {
      lines.push(question?.default ?? '');
      return prompts.text(message, question);
    },
  };
  const engineer = { sweep: () => expect.fail('run'), close: () => Promise.resolve() };
  const options = { prompts: ['classification-plain'], dataset: 'none' };
  const ports = { files: nodeFileSystem, promptFolder: PROMPT_FOLDER, prompts: listening };
  const others = { say: (text: string) => void said.push(text), show: () => expect.fail('shown') };
  const left = promptWorkbench(engineer, options, 'none', { ...ports, ...others });
  const error: unknown = await left.catch((reason: unknown) => reason);
  return { lines, said, error };
}

it('keeps what was typed where it is no prompt, to be mended', async () => {
  const edit = 'Edit the prompt';
  const answers = [
    edit,
    'Is it\\n{{ txet }}',
    'yes, no',
    edit,
    'Is it\\n{{ text }}',
    'yes, no',
    edit,
    '{{ text',
    'a, b',
  ];
  const { lines, said } = await work([...answers, edit, '{{ text }}', 'a, b']);
  expect(said[0]).toContain('uses the variable txet');
  expect(lines[0]).toContain('Classify each text');
  expect(lines.slice(2)).toEqual([
    ...['Is it\\n{{ txet }}', 'yes, no'],
    ...['Is it\\n{{ text }}', 'yes, no'],
    ...['{{ text', 'a, b'],
  ]);
});

it.each([
  [['Settings of generation', '0.0001'], '0, or a number from 0.001 to 100'],
  [['Settings of generation', ' '], '0, or a number from 0.001 to 100'],
  [['Edit the prompt', '{{ text }}', 'good, bad, good'], 'A label stands there twice.'],
])('says at once that %j will not do', async (answers, problem) => {
  expect(String((await work(answers)).error)).toContain(problem);
});
