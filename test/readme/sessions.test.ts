/** The rules by which README.md is checked, held to small examples: a rule that matches all would check nothing. */
import { describe, expect, it } from 'vitest';
import {
  asInstalled,
  elideAs,
  maskVarying,
  readSessions,
  readShellLines,
  screenLines,
  splitWords,
} from './sessions.js';

const MARKDOWN = [
  'Text with `$ genai`.',
  '```console',
  '$ genai one --flag',
  'first',
  '',
  'second',
  '',
  '$ genai two \\',
  '    --flag "a b"',
  '```',
  '```sh',
  'npm ci',
  '',
  'genai three \\',
  '  --flag',
  'genai four',
  '```',
  '```ts',
  '$ genai five',
  '```',
].join('\n');

describe('the sessions of a README', () => {
  it('are commands with what they print', () => {
    expect(readSessions(MARKDOWN)).toEqual([
      { line: 3, command: 'genai one --flag', output: ['first', '', 'second'] },
      { line: 8, command: 'genai two --flag "a b"', output: [] },
    ]);
    expect(readShellLines(MARKDOWN)).toEqual([
      { line: 12, command: 'npm ci', output: [] },
      { line: 14, command: 'genai three --flag', output: [] },
      { line: 16, command: 'genai four', output: [] },
    ]);
  });

  it('are split into words as a shell does', () => {
    expect(splitWords(`genai generate m --prompt "It's a b" --stop='x "y"' # why`)).toEqual([
      ...['genai', 'generate', 'm', '--prompt', "It's a b", '--stop=x "y"'],
    ]);
    expect(splitWords(`genai generate m --prompt $'Good.\\nSentiment:'`)[4]).toBe('Good.\nSentiment:');
    expect(asInstalled('node bin/run.js doctor')).toBe('genai doctor');
    for (const line of ['genai a | head', 'genai a > file', 'A=$(genai a)', 'genai "open']) {
      expect(() => splitWords(line)).toThrow('without a shell');
    }
  });

  it.each([
    ['128 tokens (length), 23.1 tokens/s, seed 7', '128 tokens (length), # tokens/s, seed 7'],
    ['train  100 %  20/20 steps  in 1 min 05 s  loss 2.31', 'train 100 % 20/20 steps in # min # s loss 2.31'],
    ['speed        1,840 tokens/s', 'speed # tokens/s'],
    ['peak memory  1.31 GB', 'peak memory #'],
    ['Rule: run  28.00 GB  26.08 GiB', 'Rule: run 28.00 GB 26.08 GiB'],
    ['accuracy 0.85 of 200 sentences', 'accuracy 0.85 of 200 sentences'],
  ])('are compared without what varies: %s', (line, masked) => {
    expect(maskVarying(line)).toBe(masked);
  });

  it('may leave lines out only where they say so', () => {
    expect(elideAs(['a', '…', 'd'], ['a', 'b', 'c', 'd'])).toEqual(['a', '…', 'd']);
    expect(elideAs(['a', '…'], ['a', 'b', 'c'])).toEqual(['a', '…']);
    expect(elideAs(['…', 'c'], ['a', 'b', 'c', 'd'])).toEqual(['…', 'c', 'd']);
    expect(elideAs(['a', 'd'], ['a', 'b', 'd'])).toEqual(['a', 'b', 'd']);
    expect(elideAs(['a', '…', 'x'], ['a', 'b'])).toEqual(['a', 'b']);
  });

  it('show what a terminal shows', () => {
    expect(screenLines('\rload 10 %\u001b[K\rload 100 %\u001b[K\ndone \n\n')).toEqual(['load 100 %', 'done']);
    expect(screenLines('\rload 10 %\u001b[K\r\u001b[Kremark\n')).toEqual(['remark']);
  });
});
