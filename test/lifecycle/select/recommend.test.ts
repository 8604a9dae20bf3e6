import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recommend, type RecommendOptions } from '../../../src/lifecycle/select/recommend.js';
import { temporaryProject } from './temporary-project.js';

async function recommendFor(options: RecommendOptions, scope?: string) {
  const { root, ports } = await temporaryProject();
  if (scope === undefined) return recommend(options, ports);
  await mkdir(root, { recursive: true });
  const path = join(root, 'scope.yaml');
  await writeFile(path, scope);
  return recommend({ ...options, scope: path }, ports);
}

const SCOPE = `version: 1
name: Reports
task: summarization
input_tokens: 6000
output_tokens: 500
languages: [de]
domain: { name: finance }
volume: { concurrent: 4 }
hardware: { gpu: L4, gpus: 2 }
latency: { tokens_per_second: 15 }
licence: { commercial_use: true, derivatives: true }
`;

describe('a scope', () => {
  it('says everything that is needed', async () => {
    const { need, machine, scope } = await recommendFor({}, SCOPE);
    expect(need).toMatchObject({
      task: 'summarization',
      adapt: 'prompt',
      languages: ['de'],
      context: 6500,
      batch: 4,
      commercial_use: true,
      derivatives: true,
      domain: 'finance',
      tokens_per_second: 15,
    });
    // 23,034 MiB, as the driver of an L4 reports them.
    expect(machine).toEqual({
      name: 'L4',
      memory_bytes: 23_034 * 2 ** 20,
      devices: 2,
      bytes_per_second: 300e9,
      found: 'named',
    });
    expect(scope).toMatch(/scope\.yaml$/);
  });

  it('gives way to what is said beside it', async () => {
    const { need, machine } = await recommendFor(
      {
        task: 'translation',
        language: ['French'],
        context: 512,
        batch: 1,
        licence: 'any',
        memory: '80GB',
        gpus: 1,
      },
      SCOPE,
    );
    expect(need).toMatchObject({
      task: 'translation',
      languages: ['fr'],
      context: 512,
      batch: 1,
      commercial_use: false,
    });
    expect(machine).toMatchObject({ memory_bytes: 80e9, devices: 1 });
  });

  it('is approached as its plan has it: labels with many examples by training, with few by prompting', async () => {
    const adaptOf = async (examples: number) =>
      (
        await recommendFor(
          {},
          `version: 1\nname: x\ntask: text-classification\nlabelled_examples: ${examples}\n`,
        )
      ).need.adapt;
    expect(await adaptOf(5000)).toBe('lora');
    expect(await adaptOf(20)).toBe('prompt');
  });

  it('may name the memory alone, or the processor', async () => {
    const hardware = (text: string) => `version: 1\nname: x\ntask: summarization\nhardware: ${text}\n`;
    const machineOf = async (text: string) => (await recommendFor({}, hardware(text))).machine;
    expect(await machineOf('{ memory_gb: 12.5 }')).toMatchObject({ memory_bytes: 12.5e9, found: 'named' });
    expect(await machineOf('{ gpu: H100, gpus: 0 }')).toMatchObject({
      memory_bytes: 16e9,
      found: 'processor',
    });
    expect(await machineOf('{}')).toMatchObject({ memory_bytes: 16e9, devices: 1, found: 'processor' });
  });

  it('that cannot be read is refused with its line, and that is not there as not found', async () => {
    await expect(recommendFor({}, 'version: 1\nname: x\ntask: singing\n')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('scope.yaml:3'),
    });
    const { root, ports } = await temporaryProject();
    await expect(recommend({ scope: join(root, 'none.yaml') }, ports)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('a recommendation', () => {
  it('names the repository to prompt, or to train', async () => {
    const options = { task: 'chat', memory: '24GB', maxParams: '8.1B' };
    const repositoryOf = async (adapt: 'prompt' | 'qlora') =>
      (await recommendFor({ ...options, adapt })).recommended.find(({ id }) => id === 'llama-3.1-8b')
        ?.repository;
    expect(await repositoryOf('prompt')).toBe('meta-llama/Llama-3.1-8B-Instruct');
    expect(await repositoryOf('qlora')).toBe('meta-llama/Llama-3.1-8B');
  });

  it('counts what rules the others out, as its list has it', async () => {
    const { excluded, excluded_by: rules } = await recommendFor({
      task: 'chat',
      memory: '24GB',
      licence: 'mit',
    });
    expect(rules.length).toBeGreaterThan(2);
    for (const { rule, models, alone } of rules) {
      const ruledOut = excluded.filter(({ reasons }) => reasons.some((reason) => reason.rule === rule));
      expect(models).toBe(ruledOut.length);
      expect(alone).toBe(ruledOut.filter(({ reasons }) => reasons.length === 1).length);
    }
  });

  it('tells what stands in for what was never given out', async () => {
    const { excluded } = await recommendFor({ task: 'chat', memory: '24GB' });
    expect(excluded.find(({ id }) => id === 'gpt3-175b')?.stands_in).toEqual([
      'bloom-176b',
      'llama-3.1-405b',
    ]);
  });

  it('keeps to the formats that are allowed', async () => {
    const { recommended } = await recommendFor({ task: 'chat', memory: '24GB', dtype: ['q4_k_m'] });
    expect(new Set(recommended.map(({ serving }) => serving.dtype))).toEqual(new Set(['Q4_K_M']));
  });

  it('sees this machine’s graphics card where none is named', async () => {
    const { ports } = await temporaryProject();
    const graphicsCards = { list: async () => [{ name: 'A card', memoryBytes: 10e9 }] };
    const { machine, recommended } = await recommend({ task: 'chat' }, { ...ports, graphicsCards });
    expect(machine).toMatchObject({ name: 'A card', memory_bytes: 10e9, devices: 1, found: 'graphics card' });
    for (const { serving } of recommended) expect(serving.total_bytes).toBeLessThanOrEqual(10e9);
  });
});

describe('what is wrong', () => {
  it.each<[RecommendOptions, RegExp, RegExp]>([
    [{}, /^--task: /, /genai scope/],
    [{ task: 'sumarization' }, /^--task: /, /summari[sz]ation/],
    [{ task: 'chat', language: ['Germn'] }, /^--language: /, /\S/],
    [{ task: 'chat', licence: 'apache' }, /^--licence: /, /apache-2\.0/],
    [{ task: 'chat', gpu: 'RTX 409' }, /RTX 409/, /rtx4090/],
    [{ task: 'chat', memory: '24' }, /24/, /24GB/],
    [{ task: 'chat', dtype: ['bf17'] }, /^--dtype: /, /bf16/],
    [{ task: 'chat', maxParams: 'big' }, /^--max-params: /, /7B/],
    [{ task: 'chat', tokensPerSecond: 0 }, /^--tokens-per-second: /, /./],
    [{ task: 'chat', context: 0 }, /^--context: /, /./],
    [{ task: 'chat', batch: -1 }, /^--batch: /, /./],
  ])('is said with what would be right: %j', async (options, message, hint) => {
    await expect(recommendFor(options)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
