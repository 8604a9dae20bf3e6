import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passages } from '../src/passages.js';
import { readDocument } from '../src/read-document.js';

const read = (text: string, ending: string) => readDocument(Buffer.from(text), `a${ending}`, ending);

test('reads what a page shows, with the lines of its source', () => {
  const html = `<html><head><title>No</title></head>
<body><script>no()</script>
<p>One <b>two</b>
three &amp; four</p><ul><li>five
<li>six</ul></body></html>`;
  assert.deepEqual(read(html, '.html'), [
    [
      { text: 'One two three & four', line: 3 },
      { text: 'five', line: 4 },
      { text: 'six', line: 5 },
    ],
  ]);
});

test('reads the texts of rows, each row for itself', () => {
  assert.deepEqual(read('{"a":"x","b":{"c":["y",1]}}\n\n"z"\n', '.jsonl'), [
    [{ text: 'x\ny', line: 1 }],
    [{ text: 'z', line: 3 }],
  ]);
  assert.throws(() => read('{"a":1}\n{', '.jsonl'), /a\.jsonl:2: is not JSON/);
});

test('refuses bytes that are no text', () => {
  assert.throws(() => readDocument(Uint8Array.of(0xff, 0xfe), 'a.txt', '.txt'), /a\.txt: is not UTF-8/);
});

test('cuts long texts into passages that overlap and lose no word', () => {
  const words = Array.from({ length: 1000 }, (_, index) => `w${index}${index % 10 === 9 ? '.' : ''}`);
  const lines = Array.from({ length: 100 }, (_, line) => ({
    text: words.slice(line * 10, line * 10 + 10).join(' '),
    line: line + 1,
  }));
  const found = passages(lines);
  assert.deepEqual([...new Set(found.flatMap(({ text }) => text.split(/\s/)))], words);
  for (const [index, passage] of found.entries()) {
    const own = passage.text.split(/\s/);
    assert.ok(own.reduce((sum, word) => sum + Math.ceil(word.length / 4), 0) <= 200);
    assert.equal(passage.firstLine, Math.floor(words.indexOf(own[0]!) / 10) + 1);
    assert.equal(passage.lastLine, Math.floor(words.indexOf(own.at(-1)!) / 10) + 1);
    const next = found[index + 1];
    if (next === undefined) continue;
    assert.ok(own.at(-1)!.endsWith('.'));
    assert.ok(own.includes(next.text.split(/\s/)[0]!));
  }
});

test('cuts a run without spaces too', () => {
  const text = '永'.repeat(5000);
  const found = passages([{ text, line: 1 }]);
  assert.ok(found.length > 5 && found.every((passage) => passage.text.length <= 800));
  assert.deepEqual(passages([{ text: '  ', line: 1 }]), []);
});
