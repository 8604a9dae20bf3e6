import { createInterface } from 'node:readline/promises';
import { runAgent, type Step } from './agent.js';
import { connect, explain, loadEnvironment, numberSetting, UserError } from './model-server.js';
import { forTerminal } from './terminal-text.js';
import { calculator } from './tools/calculator.js';
import { currentTime } from './tools/current-time.js';
import { httpGet } from './tools/http-get.js';
import { readFileIn } from './tools/read-file.js';
import { writeFileIn } from './tools/write-file.js';

/** Characters of a tool's result that are shown; the model sees it whole. */
const SHOWN_CHARACTERS = 300;

function show(step: Step): void {
  if (step.kind === 'invalid') console.error(forTerminal(`  (not understood: ${step.problem})`));
  else if (step.kind === 'call') console.error(forTerminal(`  ${step.tool} ${JSON.stringify(step.input)}`));
  else {
    const isLong = step.text.length > SHOWN_CHARACTERS;
    console.error(forTerminal(`  → ${isLong ? `${step.text.slice(0, SHOWN_CHARACTERS)}…` : step.text}`));
  }
}

/** Asks at the terminal; where nobody sits there, the answer is no. */
async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${forTerminal(question)} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function main(): Promise<void> {
  const task = process.argv.slice(2).join(' ').trim();
  if (task === '') throw new UserError('Say what to do: npm start -- "What is 17 percent of 2,345?"');
  const folder = environment['FOLDER'] || 'files';
  const hosts = (environment['ALLOWED_HOSTS'] ?? '').split(',').map((host) => host.trim().toLowerCase());
  const tools = [
    calculator,
    currentTime(() => new Date()),
    httpGet(hosts.filter((host) => host !== '')),
    readFileIn(folder),
    writeFileIn(folder),
  ];
  const mostSteps = numberSetting(environment, 'MOST_STEPS', 8);
  const answer = await runAgent(task, await connect(environment), tools, {
    mostSteps,
    confirm,
    onStep: show,
  });
  console.log(forTerminal(answer));
}

const environment = loadEnvironment();
try {
  await main();
} catch (error) {
  console.error(explain(error, environment));
  process.exitCode = 1;
}
