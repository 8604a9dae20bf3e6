import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addModel, removeModel } from '../../../src/lifecycle/select/add.js';
import { compareModels } from '../../../src/lifecycle/select/compare.js';
import { listModels } from '../../../src/lifecycle/select/list.js';
import { recommend } from '../../../src/lifecycle/select/recommend.js';
import { showModel } from '../../../src/lifecycle/select/show.js';
import { findModelCard } from '../../../src/core/model-cards/index.js';
import { readModelCardText } from '../../../src/core/model-cards/hugging-face-form.js';
import { huggingFaceHub } from '../../../src/platform/model-hub.js';
import { FakeHub } from '../../platform/hub/fake-hub.js';
import { temporaryProject } from './temporary-project.js';

/** The published configuration of SmolLM2-135M, whose 134,515,008 parameters are printed on its page. */
const CONFIG = (await findModelCard('smollm2-135m'))!.config;

async function writeModel(folder: string, readme?: string, config: object = CONFIG): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  if (readme !== undefined) await writeFile(join(folder, 'README.md'), readme);
  return folder;
}

describe('a model in a folder', () => {
  it('is known to every command that chooses, and no longer once it is removed', async () => {
    const { root, ports } = await temporaryProject();
    const readme =
      '---\nlicense: mit\nlanguage: [de, en]\npipeline_tag: summarization\ntags: [conversational]\n---\n# Mine\n';
    const folder = await writeModel(join(root, 'My Model!'), readme);
    const { path, model } = await addModel({ model: folder }, ports);
    expect(path).toBe(join(ports.cardFolders.user!, 'my-model.md'));
    expect(model).toMatchObject({
      id: 'my-model',
      name: 'My Model!',
      origin: 'user',
      parameters: 134_515_008,
      kind: 'decoder',
      licence: 'mit',
      commercial_use: 'yes',
      languages: ['de', 'en'],
      tasks: ['summarization'],
      instruction_tuned: true,
      hugging_face_id: null,
      available: true,
    });

    const listed = await listModels({ language: 'de', licence: 'mit', maxParams: '200M' }, ports);
    expect(listed.models.map(({ id }) => id)).toEqual(['my-model']);
    expect(await showModel({ model: 'MY MODEL' }, ports)).toEqual(model);
    expect((await compareModels({ models: ['my-model', 'gpt2'] }, ports)).models[0]).toEqual(model);
    const { recommended } = await recommend(
      { task: 'summarization', language: ['de'], memory: '24GB' },
      ports,
    );
    expect(recommended.map(({ id }) => id)).toContain('my-model');

    expect(await removeModel({ id: 'my-model' }, ports)).toEqual({ id: 'my-model', path });
    await expect(showModel({ model: 'my-model' }, ports)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe(JSON.stringify(CONFIG));
  });

  it('takes over from the model it was made from what its own card does not say', async () => {
    const { root, ports } = await temporaryProject();
    const folder = await writeModel(
      join(root, 'tuned'),
      '---\nbase_model: HuggingFaceTB/SmolLM2-135M\n---\n',
    );
    const { model, path } = await addModel({ model: folder }, ports);
    expect(model).toMatchObject({
      licence: 'apache-2.0',
      languages: ['en'],
      tasks: ['text-generation', 'question-answering', 'summarization'],
      note: expect.stringContaining('SmolLM2 135M'),
    });
    expect(readModelCardText(await readFile(path, 'utf8')).data).toMatchObject({
      license: 'apache-2.0',
      base_model: ['HuggingFaceTB/SmolLM2-135M'],
    });
  });

  it('is never recommended for a product while nobody says under which licence it stands', async () => {
    const { root, ports } = await temporaryProject();
    await addModel({ model: await writeModel(join(root, 'bare')) }, ports);
    const wanted = { task: 'chat', memory: '24GB' };
    const ids = async (licence: string) =>
      (await recommend({ ...wanted, licence }, ports)).recommended.map(({ id }) => id);
    expect(await ids('any')).toContain('bare');
    expect(await ids('commercial')).not.toContain('bare');
    expect(await showModel({ model: 'bare' }, ports)).toMatchObject({
      licence: 'none named',
      commercial_use: 'unknown',
    });
  });

  it('joins the project where there is one', async () => {
    const { root, ports } = await temporaryProject();
    const folder = await writeModel(join(root, 'mine'));
    await mkdir(join(root, 'project'));
    await writeFile(join(root, 'project', 'scope.yaml'), 'version: 1\n');
    expect((await addModel({ model: folder }, ports)).path).toBe(join(ports.cardFolders.project, 'mine.md'));
    expect((await addModel({ model: folder, to: 'user' }, ports)).path).toBe(
      join(ports.cardFolders.user!, 'mine.md'),
    );
    // The project's own stands before the user's of the same id.
    expect((await listModels({ family: 'llama', maxParams: '135M' }, ports)).models).toMatchObject([
      { id: 'mine', origin: 'project' },
    ]);
    const nowhere = { ...ports, cardFolders: { project: ports.cardFolders.project } };
    await expect(addModel({ model: folder, to: 'user' }, nowhere)).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('takes no card’s place unless it is forced to', async () => {
    const { root, ports } = await temporaryProject();
    const folder = await writeModel(join(root, 'mine'));
    const { path } = await addModel({ model: folder }, ports);
    const before = await readFile(path, 'utf8');
    await writeFile(join(folder, 'README.md'), '---\nlicense: mit\n---\n');
    await expect(addModel({ model: folder }, ports)).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('--force'),
    });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect((await addModel({ model: folder, force: true }, ports)).model.licence).toBe('mit');
  });

  it.each([
    ['gpt2', 'USAGE', /the toolkit has a card/],
    ['UPPER', 'USAGE', /no id/],
    ['../x', 'USAGE', /no id/],
    ['.hidden', 'USAGE', /no id/],
  ])('may not be called %s', async (as, code, message) => {
    const { root, ports } = await temporaryProject();
    const folder = await writeModel(join(root, 'mine'));
    await expect(addModel({ model: folder, as }, ports)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('may have a name of any letters', async () => {
    const { root, ports } = await temporaryProject();
    const folder = await writeModel(join(root, '模型'));
    await expect(addModel({ model: folder }, ports)).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('--as'),
    });
    expect((await addModel({ model: folder, as: 'moxing' }, ports)).model.name).toBe('模型');
  });

  it('says what a folder lacks', async () => {
    const { root, ports } = await temporaryProject();
    await expect(addModel({ model: join(root, 'none') }, ports)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await writeFile(join(root, 'file'), '');
    await expect(addModel({ model: join(root, 'file') }, ports)).rejects.toMatchObject({ code: 'USAGE' });
    await mkdir(join(root, 'adapter'));
    await writeFile(join(root, 'adapter', 'adapter_config.json'), '{}');
    await expect(addModel({ model: join(root, 'adapter') }, ports)).rejects.toMatchObject({
      hint: expect.stringContaining('genai adapt merge'),
    });
    await writeModel(join(root, 'foreign'), undefined, { model_type: 'mamba' });
    await expect(addModel({ model: join(root, 'foreign') }, ports)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

describe('cards that were changed by hand', () => {
  it('are read as they stand', async () => {
    const { root, ports } = await temporaryProject();
    const { path } = await addModel({ model: await writeModel(join(root, 'mine')) }, ports);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('best_uses: []', 'best_uses: [ short stories ]'));
    expect((await showModel({ model: 'mine' }, ports)).best_uses).toEqual(['short stories']);
  });

  it.each([
    ['  tasks:\n    - text-generation\n', '  tasks: [singing]\n', /mine\.md: genai\.tasks\.0/],
    ['  id: mine\n', '  id: ../mine\n', /mine\.md: genai\.id/],
    ['genai:\n', 'other:\n', /mine\.md: genai/],
  ])('name the field that is wrong: %#', async (before, after, message) => {
    const { root, ports } = await temporaryProject();
    const { path } = await addModel({ model: await writeModel(join(root, 'mine')) }, ports);
    const text = await readFile(path, 'utf8');
    expect(text).toContain(before);
    await writeFile(path, text.replace(before, after));
    await expect(listModels({}, ports)).rejects.toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: expect.stringMatching(message),
    });
  });

  it('cannot be removed where there is none', async () => {
    const { root, ports } = await temporaryProject();
    await expect(removeModel({ id: 'gpt2' }, ports)).rejects.toMatchObject({ code: 'USAGE' });
    await addModel({ model: await writeModel(join(root, 'mine')) }, ports);
    await expect(removeModel({ id: 'mime' }, ports)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Did you mean mine?',
    });
  });
});

describe('a model on the hub', () => {
  let hub: FakeHub;
  beforeAll(async () => {
    hub = await FakeHub.start();
  });
  afterAll(() => hub.stop());
  afterEach(() => hub.reset());

  it.each([
    ['---\nlicense: other\nlicense_name: acme-terms\nextra_gated_prompt: Ask.\n---\n', 'acme-terms', 'gated'],
    [undefined, 'none named', 'open'],
  ])('is read from its configuration and its card: %#', async (readme, licence, weights) => {
    const { ports } = await temporaryProject();
    hub.models.set('acme/Tiny-Instruct', {
      commit: 'a'.repeat(40),
      files: {
        'config.json': { content: Buffer.from(JSON.stringify(CONFIG)) },
        ...(readme !== undefined && { 'README.md': { content: Buffer.from(readme) } }),
      },
    });
    const remote = huggingFaceHub({ HF_ENDPOINT: hub.endpoint, HF_HOME: '/nonexistent' });
    const { model } = await addModel(
      { model: 'hf:acme/Tiny-Instruct' },
      { ...ports, hub: async () => remote },
    );
    expect(model).toMatchObject({
      id: 'tiny-instruct',
      organisation: 'acme',
      hugging_face_id: 'acme/Tiny-Instruct',
      instruction_repository: 'acme/Tiny-Instruct',
      parameters: 134_515_008,
      licence,
      weights,
    });
  });
});
