import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/cli/terminal-text.js';
import EstimateScaling from '../../../src/commands/estimate/scaling.js';
import type { ScalingEstimate } from '../../../src/lifecycle/estimate/scaling.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { readXml } from '../../core/plots/read-xml.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-scaling-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function estimate(...argv: string[]): Promise<ScalingEstimate> {
  const { stdout, error } = await runCommand(EstimateScaling, [...argv, '--json']);
  if (error !== undefined) throw error;
  return JSON.parse(stdout) as ScalingEstimate;
}

const failure = async (...argv: string[]): Promise<unknown> =>
  (await runCommand(EstimateScaling, argv)).error;

describe('genai estimate scaling', () => {
  it('gives Chinchilla for Chinchilla’s budget: 72B on 1.33T by the refit, 32B on 3.0T as printed', async () => {
    const refit = await estimate('--flops', '5.76e23');
    expect(refit.question).toBe('budget');
    expect(refit.allocation.parameters.value / 72e9).toBeCloseTo(1, 1);
    expect(refit.allocation.tokens.value / 1.33e12).toBeCloseTo(1, 2);
    expect(refit.within_fit).toBe(false);
    const printed = refit.comparison.find(({ law }) => law === 'hoffmann')!;
    expect(printed.parameters.value / 32e9).toBeCloseTo(1, 1);
    expect(printed.tokens.value / 3e12).toBeCloseTo(1, 1);
  });

  it.each([
    // 1 petaFLOP/s-day is 8.64e19 operations.
    [['--pf-days', '100'], 8.64e21],
    // 5,000 hours · 3,600 s · 989e12 operations a second · 40 %.
    [['--gpu-hours', '5000', '--gpu', 'H100'], 7.1208e21],
    [['--gpu-hours', '5000', '--gpu', 'H100', '--utilisation', '0.5'], 8.901e21],
    // $10,000 at $2.50 are 4,000 hours.
    [['--usd', '10000', '--gpu', 'H100', '--price', '2.5'], 5.69664e21],
    // $10,000 at $2.50, the cheapest A100 of the table: 4,000 hours of 312e12 operations at 40 %.
    [['--usd', '10000', '--gpu', 'A100'], 1.79712e21],
  ])('reads a budget from %s', async (argv, flops) => {
    expect((await estimate(...argv)).budget.flops.value / flops).toBeCloseTo(1, 9);
  });

  it('answers the other way round', async () => {
    const ofModel = await estimate('70B', '--law', 'rule-of-20');
    expect(ofModel).toMatchObject({
      question: 'model',
      allocation: { tokens: { value: 1.4e12 }, loss: null },
    });
    expect(ofModel.budget.flops.value).toBeCloseTo(5.88e23, -19);
    const ofTokens = await estimate('--tokens', '1.4T', '--law', 'rule-of-20');
    expect(ofTokens).toMatchObject({ question: 'tokens', allocation: { parameters: { value: 70e9 } } });
    const optimum = await estimate('--flops', '1e21');
    const ofLoss = await estimate('--loss', String(optimum.allocation.loss!.value));
    expect(ofLoss.question).toBe('loss');
    expect(ofLoss.budget.flops.value / 1e21).toBeCloseTo(1, 9);
  });

  it('judges a training run, however it is given', async () => {
    const llama = await estimate('8B', '--tokens', '15T');
    expect(llama).toMatchObject({ question: 'training', assessment: { verdict: 'over-trained' } });
    expect(llama.budget.flops.value).toBe(7.2e23);
    // The budget of GPT-3 (3.15e23) on its 175B leaves 300B tokens.
    const gpt3 = await estimate('175B', '--flops', '3.15e23');
    expect(gpt3.allocation.tokens.value).toBeCloseTo(300e9, 0);
    expect(gpt3.assessment!.verdict).toBe('under-trained');
    const sized = await estimate('--tokens', '300B', '--flops', '3.15e23');
    expect(sized.allocation.parameters.value).toBeCloseTo(175e9, 0);
  });

  it('says so in words, with the truth about over-training and losses', async () => {
    const { stdout } = await runCommand(EstimateScaling, ['8B', '--tokens', '15T']);
    expect(stdout).toMatch(/^this run +8B +15T +1,875 +2\.022$/m);
    expect(stdout).toContain('It is over-trained: it sees 91.49 times');
    expect(stdout).toContain('That is usual where a model will be run much');
    expect(stdout).toContain('so it is extrapolated');
    expect(stdout).toContain('another tokenizer');
    const hoffmann = await runCommand(EstimateScaling, ['--flops', '1e21', '--law', 'hoffmann']);
    expect(hoffmann.stdout).toContain('32B parameters on 3.0T tokens, not 70B on 1.4T');
    const table = await runCommand(EstimateScaling, ['--flops', '1e21', '--law', 'chinchilla-3']);
    expect(table.stdout).toContain('a misprint for 1.26e25');
  });

  it('explains every number', async () => {
    const { stdout } = await runCommand(EstimateScaling, ['--flops', '1e21', '--explain']);
    expect(stdout).toContain('arXiv 2404.10102');
    expect(stdout).toMatch(/= irreducible loss \+ size coefficient \/ parameters \^ size exponent/);
  });

  it('draws its curves in the terminal, within the width', async () => {
    const ports = fakePorts({ columns: 60 });
    const { stdout } = await runCommand(EstimateScaling, ['--flops', '1e21', '--plot'], ports);
    expect(stdout).toContain('C 1.00e21 FLOP: 2.78B parameters, loss 2.306');
    expect(stdout).toMatch(/1e19 +1e20 +1e21 +1e22/);
    for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(60);
  });

  it('draws them as SVG', async () => {
    const path = join(folder, 'curves.svg');
    const { error } = await runCommand(EstimateScaling, ['--flops', '1e21', '--chart', path]);
    expect(error).toBeUndefined();
    const svg = readXml(readFileSync(path, 'utf8'));
    expect(svg.root.attributes['height']).toBe('800');
    expect(svg.texts()).toEqual(expect.arrayContaining(['1.00e21 FLOP', '1B', '10B', '1e21', 'tokens']));
    // Five optima in the first chart, five points on each of two lines in the second.
    expect(svg.all('circle')).toHaveLength(15);
  });

  it('writes CSV', async () => {
    const { stdout } = await runCommand(EstimateScaling, ['70B', '--csv']);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toBe('law,parameters,tokens,tokens_per_parameter,loss_nats_per_token');
    expect(lines).toContain('rule-of-20,70000000000,1400000000000,20,');
  });

  it.each(exampleCommandLines(EstimateScaling, 'estimate scaling'))(
    'runs its example: %s %s %s …',
    async (...line) => {
      const { error, stdout } = await runCommand(EstimateScaling, line.slice(3));
      expect(error).toBeUndefined();
      expect(stdout).not.toBe('');
    },
  );

  it.each([
    [[], 'missing'],
    [['--flops', '1e21', '--pf-days', '1'], 'only once'],
    [['--gpu-hours', '10'], 'which GPU'],
    [['--usd', '10'], 'which GPU'],
    [['--usd', '10', '--gpu', 'mi300x'], 'no price'],
    [['--usd', '10', '--gpu', 'H10O'], 'No accelerator'],
    [['--flops', '1e21', '--gpu', 'H100'], 'without hours or money'],
    [['7B', '--price', '2'], 'without hours or money'],
    [['--flops', '0'], '--flops'],
    [['--flops', '-1'], '--flops'],
    [['--flops', 'many'], 'not a number'],
    [['--gpu-hours', '10', '--gpu', 'H100', '--utilisation', '1.5'], '--utilisation'],
    [['--tokens', '0'], '--tokens'],
    [['--tokens', 'lots'], '--tokens'],
    [['--loss', '1.8'], 'no budget reaches it'],
    [['--loss', '2.5', '--tokens', '1B'], 'stands alone'],
    [['--loss', '2.5', '--law', 'rule-of-20'], 'predicts no loss'],
    [['7B', '--tokens', '1B', '--flops', '1e21'], 'one too many'],
    [['7B', '--law', 'epok'], 'no such law'],
    [['-5'], 'negative'],
  ])('refuses %j', async (argv, message) => {
    expect(await failure(...argv)).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    });
  });

  it('tells how a budget is given, and what a wrong name may have meant', async () => {
    expect(await failure()).toMatchObject({
      hint: expect.stringMatching(/--flops.*--pf-days.*--gpu-hours.*--usd/),
    });
    expect(await failure('7B', '--law', 'epok')).toMatchObject({ hint: expect.stringContaining('epoch') });
    expect(await failure('--loss', '1.8')).toMatchObject({ hint: expect.stringContaining('1.8172') });
  });
});
