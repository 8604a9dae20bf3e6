import { join } from 'node:path';
import { Flags, type Interfaces } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { ENGINE_FLAGS, type EngineChoice } from '../../cli/engine-flags.js';
import { numberListFlag, pairFlag, wordListFlag } from '../../cli/list-flag.js';
import { numberFlag } from '../../cli/number-flag.js';
import { PROMPT_FOLDER } from '../../cli/prompt-folder.js';
import { EXAMPLE_STRATEGIES } from '../../core/prompts/shots/choose-examples.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type {
  PromptModelOptions,
  PromptSweepOptions,
} from '../../lifecycle/adapt/prompt-engineer-options.js';
import type {
  ExplainedPrompt,
  PromptEngineerPorts,
  PromptEngineerResult,
  SentPrompt,
} from '../../lifecycle/adapt/prompt-engineer.js';
import type { WantedParts } from '../../core/hub-datasets/choose-files.js';
import type { PromptRequest } from '../../lifecycle/adapt/prompt-step.js';

const GENERATION = 'GENERATION';
const PROVIDER = 'PROVIDER';

/** `genai adapt prompt-engineer`: finds the prompt, the examples and the settings that score best. */
export default class PromptEngineer extends BaseCommand<PromptEngineerResult> {
  static override summary = 'Find the prompt, the number of examples and the settings that score best.';

  static override description =
    'Measures every combination of prompts, shots and settings on held-out rows, ranks them with confidence intervals, ' +
    'and says when more examples have stopped paying. Examples never ask the same as a row that is measured on. The best ' +
    'prompt, the results and the curve of shots against score go into a folder; a sweep that was stopped goes on where ' +
    'it was when it is run again. Prompts are files, or names of templates that ship with the toolkit.';

  static override examples = [
    {
      description: 'Do examples help the starter model?',
      command:
        '<%= config.bin %> <%= command.id %> --model templates/starter-model --prompt classification-plain --labels negative,positive --dataset datasets/sentiment --shots 0,1,3 --limit 60',
    },
    {
      description: 'See three prompts exactly as they would be sent:',
      command:
        '<%= config.bin %> <%= command.id %> --model templates/starter-model --prompt classification-plain --labels negative,positive --dataset datasets/sentiment --shots 2 --show 3 --dry-run',
    },
    {
      description: 'What temperature and top-k do to the token after the prompt:',
      command:
        '<%= config.bin %> <%= command.id %> --model templates/starter-model --prompt classification-plain --labels negative,positive --dataset datasets/sentiment --temperature 0.7 --top-k 5 --explain-sampling',
    },
    {
      description: 'Two prompts and three temperatures, on a service:',
      command:
        '<%= config.bin %> <%= command.id %> --model openai:MODEL@URL --prompt short.md --prompt long.md --dataset data --shots 0,5 --temperature 0,0.5,1 --metric rouge-l',
    },
  ];

  static override flags = {
    model: Flags.string({
      summary: 'Folder of a model, GGUF file, or a provider: openai:MODEL@URL, ollama:MODEL, recorded:FILE.',
    }),
    adapter: Flags.string({ summary: 'Adapter to use with the model.' }),
    prompt: Flags.string({
      multiple: true,
      summary:
        'Prompt template: a file, or the name of one that ships with the toolkit; several times for several.',
    }),
    dataset: Flags.string({
      summary: 'Rows: a file, a folder with one for each part, or hf:ORG/NAME[@REVISION][:CONFIGURATION].',
    }),
    split: Flags.string({ default: 'test', summary: 'Part of a dataset folder that is measured on.' }),
    column: pairFlag({
      multiple: true,
      summary: 'VARIABLE=COLUMN: where a variable of the prompts stands in the rows.',
    }),
    labels: wordListFlag({ summary: 'Labels instead of the prompts’ own, with commas between them.' }),
    shots: numberListFlag({ default: [0], summary: 'Numbers of examples to try, such as 0,1,3,5.' }),
    examples: Flags.option({ options: EXAMPLE_STRATEGIES.map(({ id }) => id) })({
      default: 'random',
      summary: 'How examples are chosen.',
    }),
    'examples-from': Flags.string({
      default: 'train',
      summary: 'Part that examples come from, or a file of them.',
    }),
    metric: Flags.string({ summary: 'What is measured [default: as suits the prompt].' }),
    bar: numberFlag({ summary: 'Score that is needed.' }),
    limit: Flags.integer({ min: 1, summary: 'Measure on the first rows only.' }),
    seed: Flags.integer({ min: 0, default: 0, summary: 'Of examples, sampling and intervals.' }),
    show: Flags.integer({
      min: 0,
      summary: 'Show this many prompts exactly as sent [default: 0; 1 where nothing is measured].',
    }),
    'explain-sampling': Flags.boolean({
      exclusive: ['dry-run'],
      summary:
        'Show how likely each next token is after the prompts, before and after every sampling setting, and measure nothing.',
    }),
    'dry-run': Flags.boolean({ summary: 'Show prompts, and ask nothing.' }),
    out: Flags.string({ summary: 'Folder for the results [default: one in runs/prompts].' }),
    generate: Flags.boolean({
      helpGroup: GENERATION,
      summary: 'Have labels written instead of comparing their likelihoods.',
    }),
    temperature: numberListFlag({
      helpGroup: GENERATION,
      summary: 'Temperatures to try; 0 takes the likeliest token.',
    }),
    'top-k': numberListFlag({ helpGroup: GENERATION, summary: 'Sample among this many likeliest tokens.' }),
    'top-p': numberListFlag({
      helpGroup: GENERATION,
      summary: 'Sample among the likeliest with this probability.',
    }),
    'min-p': numberListFlag({
      helpGroup: GENERATION,
      summary: 'Sample among tokens this share as likely as the likeliest.',
    }),
    'repetition-penalty': numberListFlag({
      helpGroup: GENERATION,
      summary: 'Above 1: make tokens that occurred less likely.',
    }),
    'max-new-tokens': numberListFlag({ helpGroup: GENERATION, summary: 'Most tokens of an answer.' }),
    beams: numberListFlag({
      helpGroup: GENERATION,
      summary: 'Follow this many texts at once, and take the likeliest as a whole (models in folders).',
    }),
    stop: Flags.string({
      multiple: true,
      helpGroup: GENERATION,
      summary: 'End an answer at this text, instead of the prompts’ own; several times for several.',
    }),
    'key-variable': Flags.string({
      helpGroup: PROVIDER,
      summary: 'Environment variable with the key of a service.',
    }),
    'context-length': Flags.integer({
      min: 1,
      helpGroup: PROVIDER,
      summary: 'Tokens that a service’s model takes.',
    }),
    concurrency: Flags.integer({ min: 1, helpGroup: PROVIDER, summary: 'Rows asked at once.' }),
    retries: Flags.integer({
      min: 0,
      helpGroup: PROVIDER,
      summary: 'Attempts after the first [default: 5].',
    }),
    timeout: numberFlag({ helpGroup: PROVIDER, summary: 'Seconds after which an attempt is given up.' }),
    ...ENGINE_FLAGS,
  };

  protected override readonly whenStopped =
    'Run the same command again to go on: rows that were answered are kept.';

  async run(): Promise<PromptEngineerResult> {
    const { flags } = await this.parse(PromptEngineer);
    const { model, prompt, dataset } = flags;
    if (model === undefined || prompt === undefined || dataset === undefined) {
      const { prompts } = this.ports;
      const isToMeasure = !flags['dry-run'] && !flags['explain-sampling'];
      if (prompts.interactive && !this.jsonEnabled() && isToMeasure) return this.workbench(flags);
      throw new ToolkitError(
        `Missing ${[
          ...(model === undefined ? ['--model (what answers)'] : []),
          ...(prompt === undefined ? ['--prompt (a template)'] : []),
          ...(dataset === undefined ? ['--dataset (rows to measure on)'] : []),
        ].join(', ')}`,
        'USAGE',
        `Give them, or open the workbench in a terminal; see \`${this.config.bin} adapt prompt-engineer --help\`.`,
      );
    }
    const { promptEngineer } = await import('../../lifecycle/adapt/prompt-engineer.js');
    const rows = await this.localDataset(dataset, wantedParts(flags));
    const options = { ...modelOptions(model, flags), ...sweepOptions(prompt, rows, flags) };
    const result = await promptEngineer(options, await this.engineerPorts(flags));
    await this.printSent(result.sent);
    await this.printExplained(result);
    if (result.out !== null) {
      await this.printResult(result);
      await this.record(result, {
        words: this.recordedWords,
        model,
        adapter: flags.adapter,
        prompts: prompt,
      });
    }
    return result;
  }

  /** Asks for what is missing, and lets a prompt be edited, run and held against the last run. */
  private async workbench(flags: ParsedFlags): Promise<PromptEngineerResult> {
    const { promptWorkbench, WORKBENCH_FOLDER } = await import('../../cli/prompt-workbench.js');
    const { openPromptEngineer } = await import('../../lifecycle/adapt/prompt-engineer.js');
    const { starterPrompts } = await import('../../core/prompt-engineering/open-prompt.js');
    const { prompts } = this.ports;
    const needed = (answer: string) => (answer.trim() === '' ? 'Something is needed here.' : undefined);
    const asked = async (message: string) => (await prompts.text(message, { problem: needed })).trim();
    const ports = await this.engineerPorts(flags);
    const model = flags.model ?? (await asked('Which model (a folder, or openai:MODEL@URL, ollama:MODEL)?'));
    const dataset =
      flags.dataset ?? (await asked('Which rows (a file, or a folder with one for each part)?'));
    const prompt =
      flags.prompt?.[0] ??
      (await prompts.choose(
        'Which prompt to begin from?',
        (await starterPrompts(ports)).map((name) => ({ name, value: name })),
      ));
    const out = flags.out ?? WORKBENCH_FOLDER;
    const rows = await this.localDataset(dataset, wantedParts(flags));
    const engineer = await openPromptEngineer(modelOptions(model, flags), ports);
    try {
      const { result } = await promptWorkbench(engineer, sweepOptions([prompt], rows, flags), out, {
        ...{ files: ports.files, promptFolder: ports.promptFolder, prompts },
        say: (text) => this.printParagraph(text),
        show: async (sweep) => {
          await this.printSent(sweep.result.sent);
          await this.printResult(sweep.result);
        },
      });
      const best = join(out, 'prompt.md');
      const shots = String(result.configurations[0]!.shots);
      const words = ['--model', model, '--prompt', best, '--dataset', dataset, '--shots', shots];
      await this.record(result, { words, model, adapter: flags.adapter, prompts: [best] });
      return result;
    } finally {
      await engineer.close();
    }
  }

  /** In a project the best prompt becomes the project's. */
  private async record(result: PromptEngineerResult, request: PromptRequest): Promise<void> {
    const { promptStep } = await import('../../lifecycle/adapt/prompt-step.js');
    await this.recordStep([request.model], (project) =>
      promptStep(project, request, result, this.ports.fileSystem),
    );
  }

  private async engineerPorts(flags: EngineChoice): Promise<PromptEngineerPorts> {
    const { evaluatePorts } = await import('../../cli/evaluation-flags.js');
    const progress = this.progress();
    const ports = await evaluatePorts(this.ports, flags, (event) => progress.update(event), this.signal);
    return { ...ports, promptFolder: PROMPT_FOLDER };
  }

  private async printExplained({ next_tokens = [] }: PromptEngineerResult): Promise<void> {
    const { renderSampling } = await import('../../cli/renderers/sampling.js');
    for (const one of next_tokens) {
      await this.printSent([one]);
      this.print(`${renderSampling(one.explanation, this.ports.stdout)}\n`);
    }
  }

  private async printSent(sent: readonly (SentPrompt | ExplainedPrompt)[]): Promise<void> {
    if (sent.length === 0) return;
    const { sentText, sentTitle } = await import('../../cli/renderers/prompt-engineer.js');
    const { sanitizeLinesForTerminal } = await import('../../cli/terminal-text.js');
    for (const one of sent) {
      this.printParagraph(sentTitle(one));
      this.print(`${sanitizeLinesForTerminal(sentText(one))}\n\n`);
    }
  }

  private async printResult(result: PromptEngineerResult): Promise<void> {
    const { rankedColumns, rankedRows, sweepRemarks, sweepTitle } =
      await import('../../cli/renderers/prompt-engineer.js');
    this.printParagraph(sweepTitle(result));
    this.printTable(rankedColumns(result), rankedRows(result));
    for (const line of sweepRemarks(result)) this.printParagraph(line);
    this.printParagraph(`The best prompt and the results are in ${result.out!}.`);
  }
}

type ParsedFlags = Interfaces.InferredFlags<typeof PromptEngineer.flags>;

/** What prompts are put to, under the names that lifecycle functions know. */
function modelOptions(model: string, flags: ParsedFlags): PromptModelOptions {
  const { adapter, 'key-variable': keyVariable, 'context-length': contextLength } = flags;
  return { model, adapter, keyVariable, contextLength };
}

/** The parts of a dataset that are read; that of the examples is missed only where there are examples. */
function wantedParts(flags: ParsedFlags): WantedParts {
  return { needed: [flags.split], welcome: [flags['examples-from']] };
}

/** What is tried, under the names that lifecycle functions know. */
function sweepOptions(prompts: string[], dataset: string, flags: ParsedFlags): PromptSweepOptions {
  const { split, labels, shots, examples, metric, bar, limit, seed, out, generate } = flags;
  const { temperature, beams, stop, concurrency, retries } = flags;
  const [dryRun, explainSampling] = [flags['dry-run'], flags['explain-sampling']];
  return {
    ...{ prompts, dataset, split, labels, shots, examples, metric, bar, limit, seed, out, generate, dryRun },
    ...{ temperature, beams, stop, explainSampling, concurrency, retries, timeoutSeconds: flags.timeout },
    ...{ topK: flags['top-k'], topP: flags['top-p'], minP: flags['min-p'] },
    ...{ repetitionPenalty: flags['repetition-penalty'], maxNewTokens: flags['max-new-tokens'] },
    columns: Object.fromEntries(flags.column ?? []),
    examplesFrom: flags['examples-from'],
    show: flags.show ?? (dryRun || explainSampling ? 1 : 0),
  };
}
