/** The chat page as a text: the types of its script, and that it loads and runs nothing else. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { CHAT_SCRIPT } from '../../../src/server/chat-page/browser/script.js';
import { chatPage } from '../../../src/server/chat-page/chat-page.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const NAME = join(ROOT, 'src/server/chat-page/browser/checked-script.js');

/** What the compiler's strictest rules say of a script that runs in browsers. */
function complaintsAbout(script: string): string[] {
  const options: ts.CompilerOptions = {
    ...{ allowJs: true, checkJs: true, noEmit: true, strict: true, types: [] },
    ...{ noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noImplicitReturns: true },
    ...{ noUnusedLocals: true, noUnusedParameters: true },
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
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

describe('chat page', () => {
  it('has a script of the types that it says, where a wrong field would be told', () => {
    const complaints = complaintsAbout(`${CHAT_SCRIPT}\nmessages[0]?.answer;`);
    expect(complaints).toEqual([
      expect.stringMatching(
        new RegExp(`^line ${CHAT_SCRIPT.split('\n').length + 1}: .*'answer' does not exist`),
      ),
    ]);
  });

  it('writes texts as text, and keeps nothing beyond the tab', () => {
    expect(CHAT_SCRIPT).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|cookie|indexedDB/,
    );
    expect(CHAT_SCRIPT).not.toMatch(/<\/script|<!--/i);
    expect(CHAT_SCRIPT.match(/'\/[^']*'/g)).toEqual(["'/v1/models'", "'/v1/chat/completions'"]);
  });

  it('names no address, and gives the nonce to its style and its script', () => {
    const html = chatPage('c29tZSBub25jZQ==');
    expect(html).not.toMatch(/https?:|\ssrc=|<link|<img|\son\w+=|\sstyle=|javascript:/);
    expect(
      [...html.matchAll(/<(\w+)[^>]* nonce="([^"]*)"/g)].map(([, name, nonce]) => [name, nonce]),
    ).toEqual([
      ['style', 'c29tZSBub25jZQ=='],
      ['script', 'c29tZSBub25jZQ=='],
    ]);
    expect(html.match(/<(style|script)\b/g)).toHaveLength(2);
  });

  it.each(['', 'a"b', '"><script>', 'a b'])('refuses %j for a nonce', (nonce) => {
    expect(() => chatPage(nonce)).toThrow(RangeError);
  });
});
