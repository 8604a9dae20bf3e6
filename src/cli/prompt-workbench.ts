import { join } from 'node:path';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import { LOWEST_TEMPERATURE } from '../core/generation/sampling-schema.js';
import { EXAMPLE_STRATEGIES } from '../core/prompts/shots/choose-examples.js';
import {
  makePromptTemplate,
  writePromptTemplate,
  type PromptTemplate,
} from '../core/prompts/prompt-template.js';
import { openPrompt } from '../core/prompt-engineering/open-prompt.js';
import {
  compareConfigurations,
  SWEEP_FILES,
  type PromptEngineer,
  type PromptSweep,
} from '../lifecycle/adapt/prompt-engineer.js';
import type { PromptSweepOptions } from '../lifecycle/adapt/prompt-engineer-options.js';
import type { PromptEngineerPorts } from '../lifecycle/adapt/prompt-sweep-parts.js';
import type { Prompts } from './prompts.js';

/** Rows that a run in the workbench is on, unless told otherwise: enough to see a large change, and soon done. */
const USUAL_LIMIT = 30;

/** Folder of the draft and of the results, unless told otherwise. */
export const WORKBENCH_FOLDER = join('runs', 'prompts', 'workbench');

/** What the workbench works with. */
export interface WorkbenchPorts extends Pick<PromptEngineerPorts, 'files' | 'promptFolder'> {
  readonly prompts: Prompts;
  /** Shows a paragraph; any text will do. */
  readonly say: (text: string) => void;
  /** Shows a sweep. */
  readonly show: (sweep: PromptSweep) => Promise<void>;
}

/** Steps that the workbench itself knows. */
const RUN = 'Run it';
const LEAVE = 'Leave';

/** What stands for nothing in an answer: an empty line keeps what there is. */
const NOTHING = '-';

/** What the settings of a run can be, while they are edited. */
type Draft = Omit<PromptSweepOptions, 'prompts' | 'shots' | 'labels' | 'stop'> & { readonly shots: number };

/** Line breaks as they are typed into one line. */
const toLine = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const fromLine = (line: string): string =>
  line.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));

const wholeNumber =
  (least: number, most: number) =>
  (answer: string): string | undefined => {
    const value = Number(answer);
    const isUsable = /^\d+$/.test(answer.trim()) && value >= least && value <= most;
    return isUsable ? undefined : `A whole number from ${least} to ${most}, please.`;
  };

/**
 * Edits a prompt and its settings in a terminal, runs it, and holds every run against the last.
 *
 * @param options of the first run
 * @param out folder of the draft and of the results
 * @returns the last run
 * @throws ToolkitError `INTERRUPTED` where nothing was run
 */
export async function promptWorkbench(
  engineer: PromptEngineer,
  options: PromptSweepOptions,
  out: string,
  ports: WorkbenchPorts,
): Promise<PromptSweep> {
  const { prompts, say } = ports;
  const { labels, stop, ...others } = options;
  let template = await withFlags(await openPrompt(options.prompts[0]!, ports), labels, stop);
  let draft: Draft = {
    ...others,
    ...{ out, shots: options.shots?.[0] ?? 0, limit: options.limit ?? USUAL_LIMIT },
  };
  let last: PromptSweep | undefined;
  let unfinished: TypedPrompt | undefined;

  const run = async (): Promise<void> => {
    const path = join(out, SWEEP_FILES.draft);
    await ports.files.makeDirectory(out);
    await ports.files.writeAtomic(path, writePromptTemplate(template));
    const sweep = await engineer.sweep({ ...draft, prompts: [path], shots: [draft.shots] });
    await ports.show(sweep);
    const [before, now] = [last?.measured[0], sweep.measured[0]!];
    const change =
      before === undefined ? null : compareConfigurations(before, now, { a: 'the last run', b: 'this run' });
    if (change !== null) say(change);
    last = sweep;
  };

  const steps: Record<string, () => Promise<void>> = {
    [RUN]: run,
    'Edit the prompt': async () => {
      const typed = await typedPrompt(unfinished ?? template, prompts);
      // What is wrong with it is mended in what was typed.
      unfinished = typed;
      template = await makePromptTemplate(typed.settings, typed.body, template.where);
      unfinished = undefined;
    },
    'Number of examples': async () => {
      const answer = await prompts.text('How many examples?', {
        ...{ default: String(draft.shots), problem: wholeNumber(0, 100) },
      });
      draft = { ...draft, shots: Number(answer) };
    },
    'How examples are chosen': async () => {
      const examples = await prompts.choose(
        'How are examples chosen?',
        EXAMPLE_STRATEGIES.map(({ id, description }) => ({ name: id, value: id, description })),
        draft.examples,
      );
      draft = { ...draft, examples };
    },
    'Settings of generation': async () => {
      const { generation } = template.settings;
      const temperature = await prompts.text('Temperature (0 takes the likeliest token)?', {
        default: String(generation.temperature ?? 0),
        problem: (answer) => {
          const value = answer.trim() === '' ? NaN : Number(answer);
          const isUsable = value === 0 || (value >= LOWEST_TEMPERATURE && value <= 100);
          return isUsable ? undefined : `0, or a number from ${LOWEST_TEMPERATURE} to 100, please.`;
        },
      });
      const tokens = await prompts.text('Tokens of an answer at most?', {
        ...{ default: String(generation.max_new_tokens ?? 64), problem: wholeNumber(1, 100_000) },
      });
      const changed = { temperature: Number(temperature), max_new_tokens: Number(tokens) };
      const settings = { ...template.settings, generation: { ...generation, ...changed } };
      template = await makePromptTemplate(settings, template.body, template.where);
    },
    'Rows to measure on': async () => {
      const answer = await prompts.text('How many rows?', {
        ...{ default: String(draft.limit), problem: wholeNumber(1, 1_000_000) },
      });
      draft = { ...draft, limit: Number(answer) };
    },
  };
  const choices = [...Object.keys(steps), LEAVE].map((name) => ({ name, value: name }));
  for (;;) {
    const step = steps[await prompts.choose('What next?', choices, RUN)];
    if (step === undefined) break;
    try {
      await step();
    } catch (error) {
      // What is wrong with a prompt or its rows is for the person to mend; what stops the program is not.
      if (!(error instanceof ToolkitError) || error.code === 'INTERRUPTED') throw error;
      say(`${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
    }
  }
  if (last === undefined) throw new ToolkitError('Nothing was run', 'INTERRUPTED');
  return last;
}

/** A prompt with what flags say of it, so that it can be edited like the rest. */
function withFlags(
  { settings, body, where }: PromptTemplate,
  labels: PromptSweepOptions['labels'],
  stop: PromptSweepOptions['stop'],
): Promise<PromptTemplate> {
  const generation = { ...settings.generation, ...(stop && { stop: [...stop] }) };
  return makePromptTemplate({ ...settings, ...(labels && { labels: [...labels] }), generation }, body, where);
}

const labelsOf = (line: string): string[] => line.split(',').map((label) => label.trim());

/** A prompt as it is typed, not yet known to be one. */
type TypedPrompt = Pick<PromptTemplate, 'settings' | 'body'>;

async function typedPrompt({ settings, body: old }: TypedPrompt, prompts: Prompts): Promise<TypedPrompt> {
  const body = fromLine(
    await prompts.text('Text of the prompt (\\n for a line break)?', {
      ...{ default: toLine(old), isEdited: true },
    }),
  );
  let { system, labels } = settings;
  if (settings.kind === 'chat') {
    const answer = await prompts.text(`What is told before the conversation (${NOTHING} for nothing)?`, {
      ...{ default: toLine(system ?? NOTHING), isEdited: true },
    });
    system = answer.trim() === NOTHING ? undefined : fromLine(answer);
  }
  if (labels !== undefined) {
    const answer = await prompts.text('Labels, with commas between them?', {
      ...{ default: labels.join(', '), isEdited: true },
      problem: (line) => {
        const typed = labelsOf(line);
        if (typed.includes('')) return 'A label is empty.';
        return new Set(typed).size < typed.length ? 'A label stands there twice.' : undefined;
      },
    });
    labels = labelsOf(answer);
  }
  return { settings: { ...settings, system, labels }, body };
}
