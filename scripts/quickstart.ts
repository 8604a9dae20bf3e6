/**
 * The main job from end to end, on the starter model that ships with the toolkit: estimate, generate, fine-tune,
 * compare. Every line that begins with `$` is a command that can be typed as it stands.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODEL = 'templates/starter-model';
const DATA = 'datasets/sentiment';
const RUN = 'runs/quickstart';
const REVIEW = 'Review: The food was great and the staff was friendly.\nSentiment:';

interface Evaluation {
  readonly metrics: readonly { readonly metric: string; readonly value: number }[];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function show(args: readonly string[]): void {
  const words = args.map((word) => (/^[\w./=-]+$/.test(word) ? word : `$'${word.replaceAll('\n', '\\n')}'`));
  process.stdout.write(`\n$ node bin/run.js ${words.join(' ')}\n`);
}

function run(...args: string[]): void {
  show(args);
  const { status } = spawnSync(process.execPath, ['bin/run.js', ...args], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Accuracy on the held-out reviews; the whole result lies in the folder. */
function accuracyOf(model: string, out: string): number {
  const args = ['evaluate', model, '--dataset', DATA, '--metric', 'accuracy', '--out', out, '--force'];
  show(args);
  const text = execFileSync(process.execPath, ['bin/run.js', ...args, '--json', '--quiet'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { metrics } = JSON.parse(text) as Evaluation;
  const { value } = metrics.find(({ metric }) => metric === 'accuracy')!;
  process.stdout.write(`accuracy ${percent(value)}; report: ${out}/report.html\n`);
  return value;
}

const started = performance.now();
rmSync(`${ROOT}/${RUN}`, { recursive: true, force: true });

run('estimate', 'memory', MODEL);
run('generate', MODEL, '--prompt', 'The captain looked at the sea', '--max-new-tokens', '40');
const before = accuracyOf(MODEL, 'runs/quickstart-before');
run(
  ...['adapt', 'fine-tune', '--model', MODEL, '--dataset', DATA, '--out', RUN],
  ...['--method', 'lora', '--lora-rank', '16', '--lora-alpha', '32'],
  ...['--learning-rate', '1.2e-3', '--epochs', '4', '--batch-size', '16', '--eval-steps', '150'],
);
const after = accuracyOf(RUN, 'runs/quickstart-after');
run('evaluate', 'compare', 'runs/quickstart-before', 'runs/quickstart-after');
run('generate', MODEL, '--adapter', `${RUN}/adapter`, '--prompt', REVIEW, '--max-new-tokens', '4');

process.stdout.write(
  `\nAccuracy on held-out reviews: ${percent(before)} before, ${percent(after)} after fine-tuning.\n` +
    `Loss curve: ${RUN}/loss.svg. All of it took ${((performance.now() - started) / 1000).toFixed(0)} s.\n`,
);
