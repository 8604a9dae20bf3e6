/**
 * Every application of templates/apps is made, compiled under its own strict settings, and put through its own tests,
 * all against a stand-in for the model server; its packages are this repository's, of the versions that it names.
 */
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseEnv, promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { deployApp, listApps } from '../../../src/lifecycle/deploy/app.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ports = { files: nodeFileSystem, templates: join(ROOT, 'templates/apps') };
const BASE_URL = 'http://127.0.0.1:8080/v1';
const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts: Readonly<Record<'start' | 'test', string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/**
 * Compiles applications as `tsc` does in the folder of each, but together: what they share, which is most of the work, is
 * read and checked once.
 *
 * @returns what the compiler says
 */
function compile(folders: readonly string[]): string[] {
  const configs = folders.map((app) =>
    ts.parseJsonConfigFileContent(
      ts.readConfigFile(join(app, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
      ts.sys,
      app,
    ),
  );
  const { rootDir: _root, outDir: _out, ...options } = configs[0]!.options;
  const names = configs.flatMap(({ fileNames }) => fileNames);
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => folders[0]!;
  const program = ts.createProgram(names, options, host);
  const { diagnostics } = program.emit(undefined, (path, text) => {
    const app = folders.find((place) => path.startsWith(`${place}/`))!;
    ts.sys.writeFile(join(app, 'dist', path.slice(app.length)), text);
  });
  return [
    ...configs.flatMap(({ errors }) => errors),
    ...ts.getPreEmitDiagnostics(program),
    ...diagnostics,
  ].map(
    ({ file, messageText }) =>
      `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
  );
}

/** What is asked of each application, where it is started with words. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'tool-agent': ['Add up.'],
  'summarize-cli': ['README.md'],
};

const templates = (await listApps(ports)).map(({ name }) => name);
let folder: string;
const made = new Map<string, { out: string; files: readonly string[] }>();
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'genai-apps-')));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const template of templates) {
    const out = join(folder, template);
    const { files } = await deployApp({ template, out, baseUrl: `${BASE_URL}/`, model: 'tiny “one”' }, ports);
    made.set(template, { out, files });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(templates)('application %s', (template) => {
  it('has its settings, and no mark that was not filled in', () => {
    const { out, files } = made.get(template)!;
    const there = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(there).toHaveLength(files.length);
    for (const file of files) expect(readFileSync(join(out, file), 'utf8'), file).not.toMatch(/\{\{\w+\}\}/);
    expect(files).toEqual(
      expect.arrayContaining([
        ...[
          '.env',
          '.env.example',
          '.gitignore',
          'README.md',
          'package.json',
          'src/main.ts',
          'tsconfig.json',
        ],
      ]),
    );
    expect(parseEnv(readFileSync(join(out, '.env'), 'utf8'))).toMatchObject({
      ...{ OPENAI_BASE_URL: BASE_URL, OPENAI_API_KEY: '', MODEL: 'tiny “one”' },
    });
    const ignored = readFileSync(join(out, '.gitignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.env', 'node_modules/', 'dist/']));
  });

  it('names each package that it imports in the version that is tested here, and runs each test', () => {
    const { out, files } = made.get(template)!;
    const { dependencies, devDependencies, scripts } = readManifest(out);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(readManifest(join(ROOT, 'node_modules', name)).version, name).toBe(version);
    }
    const imported = files
      .filter((file) => file.startsWith('src/'))
      .flatMap((file) => [...readFileSync(join(out, file), 'utf8').matchAll(/ from '([^.][^']*)'/g)])
      .map(([, name]) => name!)
      .filter((name) => !name.startsWith('node:'));
    expect([...new Set(imported)].sort()).toEqual(Object.keys(dependencies).sort());
    const tests = files
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `dist/${file.replace(/ts$/, 'js')}`);
    expect(
      scripts.test
        .split(' ')
        .filter((word) => word.startsWith('dist/test/'))
        .sort(),
    ).toEqual(tests);
  });
});

describe('the applications', () => {
  const environment = { PATH: process.env['PATH'] };

  it('compile, and pass their tests', async () => {
    const apps = [...made.values()];
    expect(compile(apps.map(({ out }) => out))).toEqual([]);
    const tests = apps.flatMap(({ out, files }) =>
      files
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => join(out, 'dist', file.replace(/ts$/, 'js'))),
    );
    // All in one process: starting one for each file takes longer than the tests do.
    const script = tests.map((test) => `await import(${JSON.stringify(pathToFileURL(test).href)});`).join('');
    const options = { cwd: folder, env: environment, maxBuffer: 2 ** 24 };
    const { stdout } = await run(
      process.execPath,
      ['--test-reporter=tap', '--input-type=module', '-e', script],
      options,
    );
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(Number(/^# pass (\d+)$/m.exec(stdout)![1])).toBeGreaterThanOrEqual(40);
  });

  it('say what to do where no model server runs', async () => {
    // A port that was free a moment ago, and where nobody listens.
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const env = { ...environment, OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, MODEL: '' };
    const failures = [...made].map(([template, { out }]) =>
      run(process.execPath, ['dist/src/main.js', ...(WORDS[template] ?? [])], { cwd: out, env }).catch(
        (error: unknown) => error,
      ),
    );
    const advice = `There is no model server at http://127.0.0.1:${port}/v1. Start one (genai deploy serve MODEL), or name another in .env.\n`;
    for (const failure of await Promise.all(failures))
      expect(failure).toMatchObject({ code: 1, stderr: advice });
  });
});

describe('making applications', () => {
  const make = (more: object): Promise<unknown> =>
    deployApp({ template: 'summarize-cli', out: join(folder, 'made'), baseUrl: BASE_URL, ...more }, ports);

  it('refuses a folder that is not empty, and leaves it as it was', async () => {
    const out = join(folder, 'full');
    mkdirSync(out);
    writeFileSync(join(out, 'mine.txt'), 'mine');
    await expect(make({ out })).rejects.toMatchObject({
      message: expect.stringMatching(/full: the folder exists and is not empty$/) as string,
      // There is no --force: what is in there may be changes to an application.
      hint: 'Choose another folder.',
    });
    expect(readdirSync(out)).toEqual(['mine.txt']);
  });

  it.each([
    [{ template: 'chat-wep' }, /--template: "chat-wep" is not known/, /chat-web/],
    [{ template: '../apps/common' }, /is not known/, /document-qa/],
    [{ template: 'common' }, /is not known/, /document-qa/],
    [{ baseUrl: 'localhost:8080' }, /--base-url: "localhost:8080" is not an address/, /./],
    [{ baseUrl: 'http://me:secret@host/v1' }, /--base-url/, /./],
    [{ model: "a'\nOPENAI_API_KEY=x" }, /--model: must have neither/, /./],
  ])('refuses %j', async (options, message, hint) => {
    const error = await make(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ToolkitError);
    const { code, message: said, hint: advice } = error as ToolkitError;
    expect([code, message.test(said), hint.test(advice ?? '')]).toEqual(['USAGE', true, true]);
  });

  it('makes a package name of any folder name, and keeps addresses within their quotation', async () => {
    const out = join(folder, `_My "App" & <Söhne>`);
    const result = await deployApp(
      { template: 'summarize-cli', out, baseUrl: "http://127.0.0.1/it's?$HOME#x" },
      ports,
    );
    expect(result.name).toBe('my-app-s-hne');
    expect(readManifest(out).name).toBe('my-app-s-hne');
    expect(parseEnv(readFileSync(join(out, '.env'), 'utf8'))['OPENAI_BASE_URL']).toBe(
      'http://127.0.0.1/it%27s?$HOME#x',
    );
    expect(result.commands).toEqual([`cd "${out.replace(/"/g, '\\"')}"`, 'npm install', 'npm start']);
  });
});
