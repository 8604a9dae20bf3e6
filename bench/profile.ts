/**
 * Runs one case on the toolkit under ONNX Runtime's profiler and prints where the time goes, program by program: by
 * operator, and the slowest nodes with the shapes they work on. Times are per step, or per text generated.
 *
 *     npx tsx bench/profile.ts [--case NAME] [--threads N] [--steps N]
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { formatDecimal } from '../src/cli/format.js';
import { systemPorts } from '../src/cli/system-ports.js';
import { renderTable, type Column } from '../src/cli/table.js';
import { readModel } from '../src/core/architectures/index.js';
import { Random } from '../src/core/training/random.js';
import { casesByName, countArgument, threadsArgument } from './arguments.js';
import { drawSamples } from './measure.js';
import { ProfilingEngine } from './profiling-engine.js';
import { createWorkload } from './workload.js';

const WARM_UP_SAMPLES = 2;
const SLOWEST_NODES = 15;
const SEED = 7;

/** One entry of ONNX Runtime's profile; times in microseconds. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    /** One object per tensor, from its type to its shape. */
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/** Time of one node, or of all nodes of one operator. */
interface Entry {
  readonly name: string;
  readonly operator: string;
  readonly shapes: string;
  milliseconds: number;
  runs: number;
}

const NODE_SUFFIX = '_kernel_time';

function shapesOf(tensors: readonly Readonly<Record<string, readonly number[]>>[] = []): string {
  return tensors.map((tensor) => `[${Object.values(tensor)[0]?.join(' ') ?? ''}]`).join(' ');
}

/** Runs and nodes of a profile, what came before the last `share` of the runs left out. */
function timedEvents(
  events: readonly ProfileEvent[],
  share: number,
): { runs: ProfileEvent[]; nodes: ProfileEvent[] } {
  const allRuns = events.filter(({ cat, name }) => cat === 'Session' && name === 'model_run');
  const runs = allRuns.slice(Math.round(allRuns.length * (1 - share)));
  const start = runs[0]?.ts ?? Infinity;
  const nodes = events.filter(
    ({ cat, name, ts }) => cat === 'Node' && name.endsWith(NODE_SUFFIX) && ts >= start,
  );
  return { runs, nodes };
}

/** Adds nodes up by `key`, slowest first; times divided by `steps`. */
function addUp(nodes: readonly ProfileEvent[], steps: number, key: (node: ProfileEvent) => string): Entry[] {
  const entries = new Map<string, Entry>();
  for (const node of nodes) {
    const operator = node.args?.op_name ?? 'unknown';
    let entry = entries.get(key(node));
    if (entry === undefined) {
      const shapes = `${shapesOf(node.args?.input_type_shape)} → ${shapesOf(node.args?.output_type_shape)}`;
      const name = node.name.slice(0, -NODE_SUFFIX.length);
      entries.set(key(node), (entry = { name, operator, shapes, milliseconds: 0, runs: 0 }));
    }
    entry.milliseconds += node.dur / 1000 / steps;
    entry.runs += 1 / steps;
  }
  return [...entries.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

const FIGURES: readonly Column[] = [
  { title: 'ms', align: 'right' },
  { title: 'share', align: 'right' },
  { title: 'runs', align: 'right' },
];

const { stdout, stderr } = systemPorts();

/** @param share of the runs that are timed, @param steps how many steps these are */
function printProgram(name: string, events: readonly ProfileEvent[], share: number, steps: number): void {
  const { runs, nodes } = timedEvents(events, share);
  if (runs.length === 0) return;
  const wall = runs.reduce((sum, { dur }) => sum + dur, 0) / 1000 / steps;
  const operators = addUp(nodes, steps, ({ args }) => args?.op_name ?? 'unknown');
  const inNodes = operators.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const figures = ({ milliseconds, runs: count }: Entry): string[] => [
    formatDecimal(milliseconds, 2),
    `${formatDecimal((milliseconds / inNodes) * 100, 1)} %`,
    formatDecimal(count, 0),
  ];
  stdout.write(
    `${name}: ${formatDecimal(wall, 1)} ms in ${formatDecimal(runs.length / steps, 0)} runs, ` +
      `${formatDecimal(inNodes, 1)} ms of it in nodes\n\n`,
  );
  const byOperator = operators.map((entry) => [entry.operator, ...figures(entry)]);
  stdout.write(`${renderTable([{ title: 'Operator' }, ...FIGURES], byOperator, stdout)}\n`);
  const slowest = addUp(nodes, steps, (node) => node.name).slice(0, SLOWEST_NODES);
  const byNode = slowest.map((entry) => [entry.operator, ...figures(entry), entry.shapes, entry.name]);
  const columns = [{ title: 'Operator' }, ...FIGURES, { title: 'Shapes' }, { title: 'Node' }];
  stdout.write(`${renderTable(columns, byNode, stdout)}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      case: { type: 'string', default: 'starter' },
      threads: { type: 'string' },
      steps: { type: 'string', default: '4' },
    },
  });
  const measured = casesByName([values.case])[0]!;
  const steps = countArgument('steps', values.steps);
  const folder = await mkdtemp(join(tmpdir(), 'genai-profile-'));
  try {
    const engine = new ProfilingEngine(threadsArgument(values.threads), folder);
    const workload = await createWorkload(engine, measured);
    const model = readModel(measured.config);
    await workload.run(drawSamples(measured, model, new Random(SEED), WARM_UP_SAMPLES + steps));
    await workload.dispose();
    await engine.dispose();
    const files = await readdir(folder);
    stdout.write(`${measured.title}\n\n`);
    for (const [index, program] of engine.programs.entries()) {
      const file = files.find((name) => name.startsWith(`${index}_`))!;
      const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as ProfileEvent[];
      printProgram(program, events, steps / (WARM_UP_SAMPLES + steps), steps);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

try {
  await main();
} catch (error) {
  stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
