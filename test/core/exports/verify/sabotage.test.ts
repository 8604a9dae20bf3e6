import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyExport } from '../../../../src/lifecycle/deploy/verify.js';
import { exportModelFiles, type ExportModelPorts } from '../../../../src/lifecycle/deploy/export.js';
import { openModelFolder, writeModelFolder } from '../../../../src/core/checkpoints/model-folder.js';
import { readStateDict } from '../../../../src/core/checkpoints/tensor-source.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';
import { openLlamaCpp } from '../../../../src/platform/llama-cpp.js';
import { cpuEngine } from '../../generation/models.js';
import { writeRandomModel } from '../written-model.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-sabotage-'));
  model = join(folder, 'model');
  await writeRandomModel(model);
});
afterAll(() => rmSync(folder, { recursive: true }));

const ports: ExportModelPorts = {
  files: nodeFileSystem,
  createEngine: () => Promise.resolve(cpuEngine()),
  openLlamaCpp,
  threads: 1,
  onProgress: () => undefined,
  now: () => 0,
};

function editJson(path: string, edit: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  edit(json);
  writeFileSync(path, JSON.stringify(json));
}

/** What is done to the model before it is exported, and the row that must tell. */
const SABOTAGES: readonly (readonly [string, string, (copy: string) => void | Promise<void>])[] = [
  [
    'another chat template',
    'chat template',
    (copy) =>
      editJson(join(copy, 'tokenizer_config.json'), (json) => {
        json['chat_template'] = String(json['chat_template']).replace("'|>\\n'", "'|> '");
      }),
  ],
  [
    'a begin token before every text',
    'around a text',
    (copy) =>
      editJson(join(copy, 'tokenizer.json'), (json) => {
        const token = '<|endoftext|>';
        json['post_processor'] = {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
          special_tokens: { [token]: { id: token, ids: [0], tokens: [token] } },
        };
      }),
  ],
  [
    'another token that ends a sequence',
    'end of sequence',
    (copy) => {
      editJson(join(copy, 'tokenizer_config.json'), (json) => (json['eos_token'] = '<|pad|>'));
      for (const file of ['config.json', 'generation_config.json']) {
        editJson(join(copy, file), (json) => (json['eos_token_id'] = 1));
      }
      editJson(join(copy, 'special_tokens_map.json'), (json) => (json['eos_token'] = '<|pad|>'));
    },
  ],
  [
    'rows of one matrix in another order',
    'KL divergence, mean',
    async (copy) => {
      const opened = await openModelFolder(nodeFileSystem, copy);
      const state = await readStateDict(opened);
      await opened.close();
      // Within heads: what a converter does that gets the two layouts of rotary embeddings wrong.
      const { shape, data } = state.get('model.layers.0.self_attn.q_proj.weight')!;
      const width = shape[1]!;
      const rows = data.slice();
      for (let row = 0; row < shape[0]!; row++) {
        data.set(rows.subarray((row ^ 1) * width, ((row ^ 1) + 1) * width), row * width);
      }
      await writeModelFolder(nodeFileSystem, copy, {
        ...{ config: opened.config, state, storage: 'F32', replace: true },
        ...(opened.generationConfig && { generationConfig: opened.generationConfig }),
        tokenizerFilesFrom: model,
      });
    },
  ],
];

async function failedRows(
  target: string,
  precision: string,
  sabotage: (copy: string) => void | Promise<void>,
): Promise<string[]> {
  const copy = mkdtempSync(join(folder, 'copy-'));
  cpSync(model, copy, { recursive: true });
  await sabotage(copy);
  const out = `${copy}-out`;
  await exportModelFiles({ model: copy, target, precision, out, verify: false }, ports);
  const result = await verifyExport({ export: out, against: model }, ports);
  expect(result.verdict).toBe('fail');
  return result.rows.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);
}

// GGUF files in llama.cpp where it is installed, else by the toolkit's own reader.
describe.each(SABOTAGES)('%s', (_what, row, sabotage) => {
  it.each([
    ['onnx', 'fp32'],
    ['gguf', 'F32'],
  ])(
    'is found in %s %s',
    async (target, precision) => {
      expect(await failedRows(target, precision, sabotage)).toContain(row);
    },
    60_000,
  );
});
