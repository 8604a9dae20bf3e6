import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { runAgent, type Step } from '../src/agent.js';
import { connect } from '../src/model-server.js';
import { tool } from '../src/tool.js';
import { calculator } from '../src/tools/calculator.js';
import { startFakeModelServer } from './fake-model-server.js';

const written: string[] = [];
const write = tool({
  name: 'write',
  description: 'Writes.',
  inputSchema: z.strictObject({ text: z.string() }),
  hasEffect: true,
  run({ text }) {
    written.push(text);
    return 'written';
  },
});

/** Runs the agent with a model that says these things in turn. */
async function run(replies: readonly string[], allowed = false) {
  let turn = 0;
  const fake = await startFakeModelServer({ answer: () => replies[turn++] ?? '' });
  const steps: Step[] = [];
  const questions: string[] = [];
  const options = {
    mostSteps: 4,
    onStep: (step: Step) => steps.push(step),
    confirm: async (question: string) => {
      questions.push(question);
      return allowed;
    },
  };
  const answer = await runAgent(
    'A task.',
    await connect(fake.environment),
    [calculator, write],
    options,
  ).finally(fake.close);
  return { answer, steps, questions, requests: fake.requests };
}

const add = '{"thought":"add","tool":"calculator","input":{"expression":"17 + 25"}}';

test('uses a tool, hands its result to the model, and gives the answer', async () => {
  const { answer, steps, requests } = await run([add, '{"answer":"It is 42."}']);
  assert.equal(answer, 'It is 42.');
  assert.deepEqual(steps, [
    { kind: 'call', tool: 'calculator', input: { expression: '17 + 25' } },
    { kind: 'result', tool: 'calculator', text: '42' },
  ]);
  assert.deepEqual(requests[1]!.messages.slice(2), [
    { role: 'assistant', content: add },
    { role: 'user', content: '{"result_of":"calculator","result":"42"}' },
  ]);
  assert.equal(requests[0]!.response_format?.type, 'json_object');
  assert.match(requests[0]!.messages[0]!.content, /- calculator: .*"expression":\{"type":"string"/);
});

test('tells the model what was wrong with its message, its tool or its input', async () => {
  const { answer, steps } = await run([
    'Sure! I will help.',
    '{"tool":"hammer","input":{}}',
    '{"tool":"calculator","input":{"sum":1}}',
    '```json\n{"answer":"Done."}\n```',
  ]);
  assert.equal(answer, 'Done.');
  const texts = steps.map((step) => (step.kind === 'result' ? step.text : step.kind));
  assert.equal(texts[0], 'invalid');
  assert.match(texts[2]!, /^Error: there is no tool hammer; there are calculator, write/);
  assert.match(texts[4]!, /^Error: .*expression/s);
});

test('asks the user before anything that has an effect', async () => {
  const replies = ['{"tool":"write","input":{"text":"mine"}}', '{"answer":"Done."}'];
  const refused = await run(replies);
  assert.deepEqual(refused.questions, ['May the agent do this? write {"text":"mine"}']);
  assert.match(JSON.stringify(refused.steps), /the user does not allow it/);
  assert.deepEqual(written, []);
  await run(replies, true);
  assert.deepEqual(written, ['mine']);
});

test('stops after so many steps', async () => {
  await assert.rejects(run([add, add, add, add, add]), /no answer after 4 steps/);
});
