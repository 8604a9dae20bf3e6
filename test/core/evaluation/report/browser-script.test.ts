/** The page's script is a text to the compiler: this holds it to the compiler's strictest rules, with those of a browser. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { BROWSER_SCRIPT } from '../../../../src/core/evaluation/report/browser/script.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const NAME = join(ROOT, 'src/core/evaluation/report/browser/checked-script.js');

/** What the compiler says of a script that stands beside the script's parts. */
function complaintsAbout(script: string): string[] {
  const options: ts.CompilerOptions = {
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noImplicitReturns: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.readFile = (path) => (path === NAME ? script : readFile(path));
  host.fileExists = (path) => path === NAME || fileExists(path);
  host.getSourceFile = (path, language) => {
    const text = host.readFile(path);
    return text === undefined ? undefined : ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram([NAME], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ start, messageText }) => {
    const line = script.slice(0, start).split('\n').length;
    return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe("script of the report's page", () => {
  it('has the types that it says, where a wrong field or a missing check would be told', () => {
    const wrongLines = ['data.samples[0].prompt;', 'data.samples[0]?.answer;'];
    const complaints = complaintsAbout([BROWSER_SCRIPT, ...wrongLines].join('\n'));
    const last = BROWSER_SCRIPT.split('\n').length;
    expect(complaints).toEqual([
      expect.stringMatching(new RegExp(`^line ${last + 1}: .*possibly`)),
      expect.stringMatching(new RegExp(`^line ${last + 2}: .*'answer' does not exist`)),
    ]);
  });

  it('writes texts as text, and reaches for nothing outside the page', () => {
    expect(BROWSER_SCRIPT).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|fetch\(|XMLHttpRequest|WebSocket|localStorage|cookie/,
    );
    expect(BROWSER_SCRIPT).not.toMatch(/<\/script|<!--/i);
  });
});
