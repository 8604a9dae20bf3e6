/** What the package is to a program that imports it by its name: the build in dist/, as package.json exports it. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MANIFEST = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
  files: string[];
  exports: Record<string, string | Record<string, string>>;
};

/** Which of the heavy packages the process has loaded: as modules, and as native libraries. */
const LOADED = `
  import { createRequire } from 'node:module';
  const modules = () => Object.keys(createRequire(import.meta.url).cache);
  const libraries = () => process.report.getReport().sharedObjects;
  const loaded = () => ['@tensorflow', 'onnxruntime'].filter((name) =>
    [...modules(), ...libraries()].some((path) => path.replaceAll('\\\\', '/').includes('node_modules/' + name)));
`;

/** Runs a module in a process of its own, in the package's folder, and returns what it gives to \`answer\`. */
async function run(program: string): Promise<unknown> {
  const code = `${LOADED} const answer = (value) => console.log(JSON.stringify(value));\n${program}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: ROOT,
  });
  return JSON.parse(stdout);
}

describe('the package by its name', () => {
  beforeAll(() => {
    for (const name of ['index', 'core/index']) {
      const [built, source] = [`dist/${name}.js`, `src/${name}.ts`].map((path) => `${ROOT}/${path}`);
      const isFresh = existsSync(built!) && statSync(built!).mtimeMs >= statSync(source!).mtimeMs;
      if (!isFresh) throw new Error(`dist/${name}.js is missing or older than its source: run npm run build`);
    }
  });

  it('exports files that the build makes and the package carries', () => {
    for (const target of Object.values(MANIFEST.exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    )) {
      expect(existsSync(`${ROOT}/${target}`), target).toBe(true);
      const [top] = target.replace(/^\.\//, '').split('/');
      expect(target === './package.json' || MANIFEST.files.includes(top!), target).toBe(true);
    }
    // The manifest is made when the package is packed.
    for (const path of MANIFEST.files) {
      if (path === 'oclif.manifest.json') continue;
      expect(existsSync(`${ROOT}/${path}`), path).toBe(true);
    }
  });

  it('loads TensorFlow.js and ONNX Runtime only when something is to be computed', async () => {
    const states = await run(`
      const states = [];
      const toolkit = await import('genai-toolkit');
      states.push(loaded());
      await toolkit.estimateMemory(
        { model: 'llama-3.1-8b', gpu: 'H100' },
        { fileSystem: toolkit.nodeFileSystem, graphicsCards: toolkit.nvidiaGraphicsCards, machineMemoryBytes: () => 8e9 },
      );
      states.push(loaded());
      await import('genai-toolkit/core');
      states.push(loaded());
      const options = { device: 'cpu', threads: 1, now: () => performance.now() };
      await (await toolkit.createOnnxRuntimeEngine(options)).dispose();
      states.push(loaded());
      answer(states);
    `);
    expect(states).toEqual([[], [], [], ['@tensorflow', 'onnxruntime']]);
  });

  it('estimates, as the command does', async () => {
    // The course's rule: 4 bytes per parameter to run, 24 to train.
    const rule = await run(`
      import { estimateMemory, nodeFileSystem, nvidiaGraphicsCards } from 'genai-toolkit';
      const ports = { fileSystem: nodeFileSystem, graphicsCards: nvidiaGraphicsCards, machineMemoryBytes: () => 8e9 };
      answer((await estimateMemory({ model: '7B' }, ports)).rule);
    `);
    expect(rule).toMatchObject({ inference_bytes: 28e9, training_bytes: 168e9 });
  });

  it('has the namespaces and functions of evaluation and deployment', async () => {
    const facts = await run(`
      import { createReferenceEngine, nodeFileSystem, serveModel, systemClock } from 'genai-toolkit';
      import { deployment, exports, hubDatasets } from 'genai-toolkit/core';
      const server = { host: '127.0.0.1', port: 0, allowUnauthenticated: false, timeoutSeconds: 60 };
      const served = await serveModel(
        {
          model: 'templates/starter-model',
          ...{ adapters: [], mostAdapters: 1, slots: 1, queue: 0 },
          server: { ...server, bodyLimit: 1e6, transferTimeout: 10_000, logPrompts: false },
        },
        {
          files: nodeFileSystem,
          createEngine: createReferenceEngine,
          now: () => systemClock.now(),
          writeLog: () => undefined,
        },
      );
      const models = await (await fetch(served.url + '/v1/models')).json();
      await served.drain();
      answer({
        models: models.data.map(({ id }) => id),
        targets: [...exports.EXPORT_TARGETS.keys()],
        divergence: exports.klDivergence(Float32Array.of(0, 0), Float32Array.of(Math.log(3), 0)),
        forms: deployment.DEPLOYMENT_FORMS.filter(({ places }) => places.includes('browser')).map(({ id }) => id),
        dataset: hubDatasets.parseDatasetId('hf:nyu-mll/glue:sst2'),
      });
    `);
    expect(facts).toEqual({
      models: ['base'],
      targets: ['safetensors', 'onnx', 'gguf', 'ollama'],
      // ½ ln(½ / ¾) + ½ ln(½ / ¼)
      divergence: expect.closeTo(0.5 * Math.log(4 / 3), 6) as number,
      forms: ['onnx-int4'],
      dataset: { id: 'nyu-mll/glue', configuration: 'sst2' },
    });
  });

  it('throws errors that can be told apart', async () => {
    const error = await run(`
      import { EXIT_CODES, estimateMemory, nodeFileSystem, ToolkitError } from 'genai-toolkit';
      import { errors } from 'genai-toolkit/core';
      const error = await estimateMemory({ model: 'x', batch: 0 }, { fileSystem: nodeFileSystem }).catch((e) => e);
      answer([error instanceof ToolkitError, error instanceof errors.ToolkitError, error.code, EXIT_CODES.USAGE.exit]);
    `);
    expect(error).toEqual([true, true, 'USAGE', 2]);
  });

  it('computes with an engine, a tokenizer and an architecture', async () => {
    const facts = await run(`
      import tf from '@tensorflow/tfjs';
      import { createReferenceEngine, nodeFileSystem } from 'genai-toolkit';
      import { architectures, tokenizers } from 'genai-toolkit/core';
      const engine = await createReferenceEngine();
      const vector = { shape: [3], dtype: 'float32' };
      const program = await engine.compile({
        name: 'sum of squares',
        inputs: { x: vector },
        body: ({ x }) => ({ y: tf.sum(tf.square(x)) }),
      });
      const { y } = await program.run({ x: Float32Array.of(1, 2, 3) });
      await engine.dispose();
      const tokenizer = await tokenizers.loadTokenizer(nodeFileSystem, 'templates/starter-model');
      const gpt2 = architectures.readModel({
        model_type: 'gpt2', vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12,
      });
      answer({
        y: y[0],
        text: tokenizer.decode(tokenizer.encode('Tokens there, and back.', { addSpecialTokens: false })),
        parameters: architectures.countParameters(gpt2.parameters),
      });
    `);
    // 1 + 4 + 9; the text itself; the published size of GPT-2.
    expect(facts).toEqual({ y: 14, text: 'Tokens there, and back.', parameters: 124_439_808 });
  });
});
