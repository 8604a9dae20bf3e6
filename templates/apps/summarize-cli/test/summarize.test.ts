import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeText } from '../src/decode-text.js';
import { connect } from '../src/model-server.js';
import { estimateTokens, splitText } from '../src/split-text.js';
import { summarize } from '../src/summarize.js';
import { startFakeModelServer, type FakeModel } from './fake-model-server.js';

async function run(text: string, answer: NonNullable<FakeModel['answer']>) {
  const fake = await startFakeModelServer({ answer });
  const limits = { partTokens: 100, parallelRequests: 3 };
  const told: [number, number, number][] = [];
  const server = await connect(fake.environment);
  const summary = await summarize(text, 'short', server, limits, (...part) => told.push(part)).finally(
    fake.close,
  );
  return { summary, told, requests: fake.requests };
}

/** A hundred sentences of ten letters and their numbers. */
const LONG = Array.from({ length: 100 }, (_, index) => `Sentence ${index} ends here.`).join(' ');

test('refuses bytes that are no text', () => {
  assert.equal(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0xc3, 0xa9), 'a.txt'), 'é');
  assert.throws(() => decodeText(Uint8Array.of(0x25, 0xff), 'a.pdf'), /a\.pdf: is not UTF-8/);
});

test('cuts texts at the best ends, and loses nothing', () => {
  assert.deepEqual(splitText('Paragraph one.\n\nTwo\nThree.', 5), ['Paragraph one.', 'Two\nThree.']);
  assert.deepEqual(splitText(' One. Two three. Four five', 5), ['One. Two three.', 'Four five']);
  assert.deepEqual(splitText('x'.repeat(9), 1), ['xxxx', 'xxxx', 'x']);
  assert.deepEqual(splitText('abc😀def', 1), ['abc', '😀de', 'f']);
  assert.deepEqual(splitText(' \n ', 1), []);
  assert.equal(splitText(LONG, 100).join(' '), LONG);
});

test('summarizes a short text at once', async () => {
  const { summary, requests, told } = await run('A short text.', () => ' In short. ');
  assert.equal(summary, 'In short.');
  assert.equal(requests.length, 1);
  assert.deepEqual(told, []);
  assert.match(requests[0]!.messages[0]!.content, /in one sentence\..*\n<text>\nA short text\.\n<\/text>$/s);
});

test('summarizes the parts of a long text, and then their summaries, in their order', async () => {
  const parts = splitText(LONG, 100);
  assert.ok(parts.length > 5 && parts.every((part) => estimateTokens(part) <= 100));
  const { summary, requests, told } = await run(LONG, ({ messages }) => {
    const text = messages[0]!.content;
    return /part of a longer text/.test(text)
      ? `From ${/\d+/.exec(text.split('<text>')[1]!)![0]}.`
      : text.split('<text>')[1]!;
  });
  assert.deepEqual(
    told.map(([done]) => done),
    parts.map((_, index) => index + 1),
  );
  assert.equal(requests.length, parts.length + 1);
  assert.ok(requests.slice(0, -1).every(({ max_tokens }) => max_tokens === 25));
  const firsts = parts.map((part) => `From ${/\d+/.exec(part)![0]}.`);
  assert.equal(summary.replace('</text>', '').trim(), firsts.join('\n\n'));
});

test('goes on in rounds until the summaries fit', async () => {
  const { told } = await run(LONG.repeat(4), () => 'Ten words that are not many but not few either.');
  assert.ok(told.some(([, , round]) => round === 2));
});

test('stops where nothing gets shorter, and where the model says nothing', async () => {
  await assert.rejects(
    run(LONG, () => 'x'.repeat(400)),
    /no shorter than the parts/,
  );
  await assert.rejects(
    run('A text.', () => ' '),
    /answered with nothing/,
  );
});
