// What llama.cpp makes of the starter model, for tests that must run where it is not installed: token ids, the likeliest
// tokens with their logits, and greedy answers. Writes llama-cpp.json beside this file.
// Run: genai deploy export templates/starter-model --target gguf --precision F16 --no-verify --out OUT
//      node test/golden/make-llama-cpp.mjs OUT/starter-model-F16.gguf
import { writeFileSync } from 'node:fs';
import { getLlama, getModuleVersion } from 'node-llama-cpp';

const TEXTS = [
  'The quick brown fox jumps over the lazy dog.',
  ' leading space,\ttab and\r\nlines\n\n\nblank',
  'naïve café, Straße 漢字 Привет 👍🏽',
  'def f(x):\n    return x**2  # 12345',
  '<|user|>\nWhat is a lighthouse?\n<|assistant|>\n',
];
const LIKELIEST = 5;
const GREEDY_TOKENS = 24;

const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 1, progressLogs: false, logLevel: 'error' });
const model = await llama.loadModel({ modelPath: process.argv[2] });
const context = await model.createContext({
  contextSize: 256,
  threads: 1,
  flashAttention: false,
  experimentalKvCacheKeyType: 'F32',
  experimentalKvCacheValueType: 'F32',
});
const sequence = context.getSequence();

/** Logits after the last token, the likeliest first. */
async function read(ids) {
  const inputs = ids.map((id, index) => (index < ids.length - 1 ? id : [id, { generateNext: { logits: true } }]));
  const outputs = await sequence.controlledEvaluate(inputs);
  return [...outputs.at(-1).next.logits].sort((a, b) => b[1] - a[1]);
}

const cases = [];
for (const text of TEXTS) {
  await sequence.clearHistory();
  const ids = [...model.tokenize(text, true)];
  let logits = await read(ids);
  const likeliest = logits.slice(0, LIKELIEST).map(([id, value]) => [id, Number(value.toFixed(4))]);
  const greedy = [logits[0][0]];
  while (greedy.length < GREEDY_TOKENS && !model.isEogToken(greedy.at(-1))) {
    logits = await read([greedy.at(-1)]);
    greedy.push(logits[0][0]);
  }
  cases.push({ text, ids, likeliest, greedy });
}
const ends = Array.from({ length: 4096 }, (_, id) => id).filter((id) => model.isEogToken(id));
const { bos, eos, shouldPrependBosToken, shouldAppendEosToken } = model.tokens;
const golden = {
  'node-llama-cpp': await getModuleVersion(),
  tokens: { bos, eos, shouldPrependBosToken, shouldAppendEosToken, ends },
  cases,
};
writeFileSync(new URL('llama-cpp.json', import.meta.url), `${JSON.stringify(golden)}\n`);
await llama.dispose();
