import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompletionWriter } from '../../src/cli/renderers/completions.js';
import { styleFor } from '../../src/cli/style.js';
import Generate from '../../src/commands/generate.js';
import type { NextTokenExplanation } from '../../src/core/generation/explain-distribution.js';
import type { CompletionResult } from '../../src/lifecycle/generate/generate-text.js';
import { fakePorts } from '../cli/fake-ports.js';
import { runCommand } from '../cli/run-command.js';
import { runProgram } from '../cli/run-program.js';
import { writeTinyModel } from '../core/generation/tiny-model.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-generate-'));
  model = join(folder, 'model');
  await writeTinyModel(model);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The command with something on its standard input. */
class PipedGenerate extends Generate {
  protected override get input() {
    return Readable.from(['from ', 'standard input\n']);
  }
}

describe('genai generate', () => {
  it('writes the text to stdout and the figures to stderr', async () => {
    const { stdout, stderr, result } = await runCommand(Generate, [
      model,
      '--prompt',
      'Once',
      '--max-new-tokens',
      '4',
    ]);
    const { text, finish_reason, completion_tokens } = result as CompletionResult;
    expect({ finish_reason, completion_tokens }).toEqual({ finish_reason: 'length', completion_tokens: 4 });
    expect(stdout).toBe(`${text}\n`);
    expect(stderr).toMatch(/4 tokens \(length\)/);
  });

  it('gives a list for several prompts, each with its prompt above the answer', async () => {
    const { stdout, result } = await runCommand(Generate, [
      model,
      ...['--prompt', 'one', '--prompt', 'two\nlines', '--max-new-tokens', '3', '--quiet'],
    ]);
    const { completions } = result as { completions: CompletionResult[] };
    expect(stdout).toBe(`1. one\n${completions[0]!.text}\n\n2. two\\nlines\n${completions[1]!.text}\n`);
  });

  it('reads a prompt from a file or from standard input, without its last line break', async () => {
    const promptFile = join(folder, 'prompt.txt');
    writeFileSync(promptFile, 'from standard input\r\n');
    const few = ['--max-new-tokens', '3'];
    const given = await runCommand(Generate, [model, '--prompt', 'from standard input', ...few]);
    expect((await runCommand(Generate, [model, '--prompt-file', promptFile, ...few])).stdout).toBe(
      given.stdout,
    );
    expect((await runCommand(PipedGenerate, [model, '--prompt-file', '-', ...few])).stdout).toBe(
      given.stdout,
    );
  });

  it.each([
    [['--prompt', 'x', '--temperature', 'NaN'], '--temperature: "NaN" is not a number'],
    [['--prompt', 'x', '--top-p', '2'], '--top-p: must be above 0 and at most 1'],
    [['--prompt', 'x', '--beams', '0'], 'greater than or equal to 1'],
    [['--prompt', 'x', '--beams', '2', '--top-k', '3'], '--beams: looks for the likeliest text'],
    [['--prompt', 'x', '--beams', '2', '--explain-sampling'], 'cannot also be provided'],
    [['--prompt', 'x', '--prompt-file', 'y'], '--prompt cannot also be provided'],
    [['--prompt', 'x', '--engine', 'reference', '--device', 'cuda'], '--device cuda: the reference engine'],
    [[], 'Exactly one of the following must be provided: --prompt, --prompt-file'],
  ])('refuses %j', async (flags, message) => {
    const { error, stdout } = await runCommand(Generate, [model, ...flags]);
    expect(error?.code).toBe('USAGE');
    expect(error?.message).toContain(message);
    expect(stdout).toBe('');
  });

  it('explains how the next token is chosen instead of choosing it', async () => {
    const flags = [model, '--prompt', 'Once', '--quiet', '--explain-sampling'];
    const { stdout, result } = await runCommand(Generate, [...flags, '--top-k', '3', '--temperature', '2']);
    const { tokens, stages, taken } = result as NextTokenExplanation;
    expect(stages.map(({ setting, value, possible_tokens }) => [setting, value, possible_tokens])).toEqual([
      [null, null, 4096],
      ['temperature', 2, 4096],
      ['top_k', 3, 3],
    ]);
    expect(taken).toBeNull();
    expect(tokens.filter(({ probabilities }) => probabilities[2]! > 0)).toHaveLength(3);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^next token +model +--temperature 2 +--top-k 3$/);
    expect(lines[1]).toContain(JSON.stringify(tokens[0]!.text));
    expect(lines[1]).toContain(`${(tokens[0]!.probabilities[2]! * 100).toFixed(1)} %  ${'█'.repeat(20)}`);
    expect(stdout).toMatch(/possible tokens +4,096 +4,096 +3\n/);

    const greedy = await runCommand(Generate, flags);
    const generated = await runCommand(Generate, [...flags.slice(0, -1), '--max-new-tokens', '1']);
    const [first] = (generated.result as CompletionResult).token_ids;
    expect((greedy.result as NextTokenExplanation).taken).toBe(first);
    expect(greedy.stdout.split('\n')[1]).toMatch(/█ ← taken$/);

    const several = await runCommand(Generate, [...flags, '--prompt', 'Twice']);
    expect(several.error?.code).toBe('USAGE');
    expect(several.error?.message).toContain('give one prompt');
  });

  it('runs as a program', async () => {
    const { stdout, stderr, status } = await runProgram([
      'generate',
      ...[model, '--prompt', 'Once', '--max-new-tokens', '3', '--json', '--quiet'],
    ]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({
      finish_reason: 'length',
      prompt_tokens: 3,
      completion_tokens: 3,
    });
  });
});

describe('CompletionWriter', () => {
  it('shows answers one after the other, whatever order they come in, and makes them safe', () => {
    let written = '';
    const style = styleFor(fakePorts().stdout);
    const writer = new CompletionWriter(['first', 'sec\u001bond'], style, (text) => (written += text));
    const take = (prompt: number, text: string, end = false) => {
      writer.take({ prompt, text, finishReason: end ? 'stop' : undefined });
    };
    take(0, 'a');
    take(1, 'x\u001b[31m\n');
    expect(written).toBe('1. first\na');
    take(1, 'y', true);
    take(0, 'b');
    expect(written).toBe('1. first\nab');
    take(0, '', true);
    expect(written).toBe('1. first\nab\n\n2. sec\\x1bond\nx\\x1b[31m\ny\n');
  });
});
