import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import DeployContainer from '../../../src/commands/deploy/container.js';
import type { DeployContainerResult } from '../../../src/lifecycle/deploy/container.js';
import { runCommand } from '../../cli/run-command.js';

const STARTER_MODEL = fileURLToPath(new URL('../../../templates/starter-model', import.meta.url));

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'genai-deploy-container-'));
  mkdirSync(join(project, 'stages'));
  writeFileSync(join(project, 'scope.yaml'), 'version: 1\nname: p\ntask: chat\n');
});
afterAll(() => rmSync(project, { recursive: true }));

describe('genai deploy container', () => {
  it('estimates what the model takes, writes everything, and records it in the project', async () => {
    const out = join(project, 'deployment');
    const { stdout, result } = await runCommand(DeployContainer, [
      STARTER_MODEL,
      '--target',
      'all',
      '--out',
      out,
      '--port',
      '9191',
      '--model-in-image',
    ]);
    const {
      files,
      estimated_bytes: estimated,
      memory_limit_bytes: limit,
      image,
    } = result as DeployContainerResult;
    expect(image).toMatch(/^genai-starter-model:\d+\.\d+\.\d+/);
    // More than the weights in 32 bits, and the cache of eight sequences of all positions in 32 bits, by hand:
    const config = JSON.parse(readFileSync(join(STARTER_MODEL, 'config.json'), 'utf8')) as Record<
      string,
      number
    >;
    const layers = config['num_hidden_layers'] ?? config['n_layer']!;
    const hidden = config['hidden_size'] ?? config['n_embd']!;
    const heads = config['num_attention_heads'] ?? config['n_head']!;
    const keyValueWidth = (hidden / heads) * (config['num_key_value_heads'] ?? heads);
    const cache =
      2 * layers * keyValueWidth * 8 * (config['max_position_embeddings'] ?? config['n_positions']!) * 4;
    expect(estimated!).toBeGreaterThan(cache);
    expect(limit).toBeGreaterThanOrEqual(estimated! * 1.25);
    expect(limit - estimated! * 1.25).toBeLessThan(128 * 2 ** 20);
    for (const file of files) expect(stdout).toContain(file);
    expect(stdout).toContain('kubectl apply --filename');
    expect(
      parse(readFileSync(join(project, 'stages/deploy-container-deployment-all.yaml'), 'utf8')),
    ).toMatchObject({
      stage: 'deploy',
      command: expect.stringContaining('--port 9191 --slots 8') as string,
      outputs: files.map((file) => `deployment/${file}`),
      results: { kind: 'container', target: 'all', memory_limit_bytes: limit },
    });
    const again = await runCommand(DeployContainer, [STARTER_MODEL, '--target', 'all', '--out', out]);
    expect(again.error).toMatchObject({ code: 'USAGE', hint: expect.stringContaining('--force') as string });
  });

  it('refuses a limit of memory that is no number', async () => {
    const { error } = await runCommand(DeployContainer, [
      STARTER_MODEL,
      '--target',
      'docker',
      '--memory-gib',
      'much',
    ]);
    expect(error).toMatchObject({ code: 'USAGE' });
  });
});
