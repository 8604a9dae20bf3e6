import { Flags, type Interfaces } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { createEngine } from '../cli/engine-flags.js';
import { GENERATION_FLAGS, generationOptions, MODEL_ARGUMENT } from '../cli/generation-flags.js';
import { pairFlag } from '../cli/list-flag.js';
import { numberFlag } from '../cli/number-flag.js';
import { readPrompts, standardInput, type StandardInput } from '../cli/standard-input.js';
import { styleFor } from '../cli/style.js';
import type { ProgressEvent } from '../core/progress/progress-event.js';
import type { NextTokenExplanation } from '../core/generation/explain-distribution.js';
import type { FilledTemplate } from '../lifecycle/generate/fill-template.js';
import type { CompletionResult, GenerateTextResult } from '../lifecycle/generate/generate-text.js';

/** With one prompt its completion itself, with several a list; with --explain-sampling no completion. */
type GenerateResult =
  GenerateTextResult | (CompletionResult & Omit<GenerateTextResult, 'completions'>) | NextTokenExplanation;

/** Where the prompt comes from. */
const PROMPT_FLAGS = ['prompt', 'prompt-file', 'prompt-template'];

/** `genai generate`: continues prompts with a model. */
export default class Generate extends BaseCommand<GenerateResult> {
  static override summary = 'Continue a prompt with a model.';

  static override description =
    'Text is written as it is generated. The likeliest token is always taken unless a sampling flag is given; sampling ' +
    'defaults in generation_config.json are not taken up, its end tokens are. With --json one prompt gives its ' +
    'completion, several give a list under "completions"; tokens_per_second leaves out reading the prompt.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> templates/starter-model --prompt "Once upon a time"',
    '<%= config.bin %> <%= command.id %> MODEL --adapter runs/reviews --chat --prompt "Is this review positive? …"',
    '<%= config.bin %> <%= command.id %> MODEL --prompt-file story.txt --temperature 0.8 --top-p 0.95 --seed 7',
    '<%= config.bin %> <%= command.id %> templates/starter-model --prompt "Once upon a" --top-k 5 --explain-sampling',
    '<%= config.bin %> <%= command.id %> templates/starter-model --prompt "The opposite of warm is" --beams 4',
    '<%= config.bin %> <%= command.id %> templates/starter-model --prompt-template templates/prompts/classification-plain.md --variable text="The food was cold."',
  ];

  static override args = MODEL_ARGUMENT;

  static override flags = {
    prompt: Flags.string({
      multiple: true,
      exactlyOne: PROMPT_FLAGS,
      summary: 'Text to continue; can be given several times.',
    }),
    'prompt-file': Flags.string({
      exactlyOne: PROMPT_FLAGS,
      summary: 'File with the text to continue, or - for standard input.',
    }),
    'prompt-template': Flags.string({
      exactlyOne: PROMPT_FLAGS,
      exclusive: ['chat', 'system'],
      summary:
        'Prompt template, such as the prompt.md of adapt prompt-engineer; it says how the answer is generated unless flags do.',
    }),
    variable: pairFlag({
      multiple: true,
      dependsOn: ['prompt-template'],
      summary: 'NAME=VALUE of a variable of --prompt-template; several times for several.',
    }),
    chat: Flags.boolean({ summary: 'Let the model answer the prompt in its chat template.' }),
    system: Flags.string({ summary: 'System message for --chat.', dependsOn: ['chat'] }),
    beams: Flags.integer({
      min: 1,
      summary:
        'Follow this many texts at once, and give the likeliest as a whole (beam search) [default: 1].',
      helpGroup: 'BEAM SEARCH',
    }),
    'length-penalty': numberFlag({
      summary:
        'Power of the length that a text’s log-probability is divided by: higher for longer texts [default: 1].',
      helpGroup: 'BEAM SEARCH',
    }),
    'early-stopping': Flags.boolean({
      summary: 'Stop once as many texts have ended as there are beams.',
      helpGroup: 'BEAM SEARCH',
    }),
    'explain-sampling': Flags.boolean({
      exclusive: ['beams'],
      summary:
        'Show how likely each next token is, before and after every sampling flag, and generate nothing.',
      helpGroup: 'SAMPLING',
    }),
    ...GENERATION_FLAGS,
  };

  async run(): Promise<GenerateResult> {
    const { args, flags } = await this.parse(Generate);
    const { fileSystem, environment, stdout } = this.ports;
    const template = await this.filledTemplate(args.model, flags);
    const prompts =
      template === undefined ? await readPrompts(flags, fileSystem, this.input) : [template.prompt];
    const { chat, system, beams } = flags;
    const given = {
      ...{ ...generationOptions(flags), chat, system, beams },
      lengthPenalty: flags['length-penalty'],
      earlyStopping: flags['early-stopping'],
    };
    const isGiven = ([, value]: [string, unknown]): boolean => value !== undefined;
    const options = {
      ...{ ...args, prompts, ...template?.settings },
      ...(Object.fromEntries(Object.entries(given).filter(isGiven)) as typeof given),
    };
    const runPorts = {
      ...{ fileSystem, signal: this.signal },
      now: () => this.ports.now(),
      createEngine: () => createEngine(flags, environment),
      onProgress: (event: ProgressEvent) => this.progress().update(event),
    };
    if (flags['explain-sampling']) {
      const { explainNextToken } = await import('../lifecycle/generate/explain-next-token.js');
      const { renderSampling } = await import('../cli/renderers/sampling.js');
      const explanation = await explainNextToken(options, runPorts);
      this.print(renderSampling(explanation, stdout));
      return explanation;
    }
    const { generateText } = await import('../lifecycle/generate/generate-text.js');
    const { CompletionWriter, describeGeneration } = await import('../cli/renderers/completions.js');
    const headings = prompts.map((prompt) => (typeof prompt === 'string' ? prompt : prompt.template.where));
    const writer = new CompletionWriter(headings, styleFor(stdout), (text) => this.print(text));
    const result = await generateText(options, { ...runPorts, onToken: (event) => writer.take(event) });
    this.note(describeGeneration(result));
    const { completions, ...figures } = result;
    return completions.length === 1 ? { ...completions[0]!, ...figures } : result;
  }

  /** The prompt of `--prompt-template`, and its settings. */
  private async filledTemplate(model: string, flags: GenerateFlags): Promise<FilledTemplate | undefined> {
    const { 'prompt-template': path, variable = [], adapter } = flags;
    if (path === undefined) return undefined;
    const { fillTemplate } = await import('../lifecycle/generate/fill-template.js');
    return fillTemplate(this.ports.fileSystem, path, Object.fromEntries(variable), async () => {
      const { evaluatePorts } = await import('../cli/evaluation-flags.js');
      const { local } = await import('../core/providers/local.js');
      const { textEmbedder } = await import('../core/providers/run-requests.js');
      const onProgress = (event: ProgressEvent): void => this.progress().update(event);
      const ports = await evaluatePorts(this.ports, flags, onProgress, this.signal);
      const provider = await local.open(model, { adapter }, ports);
      return { embed: textEmbedder(provider, ports), close: () => provider.close() };
    });
  }

  /** Where `--prompt-file -` reads. */
  protected get input(): StandardInput {
    return standardInput();
  }
}

type GenerateFlags = Interfaces.InferredFlags<typeof Generate.flags>;
