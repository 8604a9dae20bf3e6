import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { createEngine } from '../cli/engine-flags.js';
import { GENERATION_FLAGS, generationOptions, MODEL_ARGUMENT } from '../cli/generation-flags.js';
import { numberFlag } from '../cli/number-flag.js';
import { readPrompts, standardInput, type StandardInput } from '../cli/standard-input.js';
import { styleFor } from '../cli/style.js';
import type { ProgressEvent } from '../core/progress/progress-event.js';
import type { NextTokenExplanation } from '../lifecycle/generate/explain-next-token.js';
import type { CompletionResult, GenerateTextResult } from '../lifecycle/generate/generate-text.js';

/** With one prompt its completion itself, with several a list; with --explain-sampling no completion. */
type GenerateResult =
  GenerateTextResult | (CompletionResult & Omit<GenerateTextResult, 'completions'>) | NextTokenExplanation;

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
  ];

  static override args = MODEL_ARGUMENT;

  static override flags = {
    prompt: Flags.string({
      multiple: true,
      exactlyOne: ['prompt', 'prompt-file'],
      summary: 'Text to continue; can be given several times.',
    }),
    'prompt-file': Flags.string({
      exactlyOne: ['prompt', 'prompt-file'],
      summary: 'File with the text to continue, or - for standard input.',
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
    const prompts = await readPrompts(flags, fileSystem, this.input);
    const { chat, system, beams } = flags;
    const options = {
      ...args,
      ...generationOptions(flags),
      ...{ prompts, chat, system, beams },
      lengthPenalty: flags['length-penalty'],
      earlyStopping: flags['early-stopping'],
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
    const writer = new CompletionWriter(prompts, styleFor(stdout), (text) => this.print(text));
    const result = await generateText(options, { ...runPorts, onToken: (event) => writer.take(event) });
    this.note(describeGeneration(result));
    const { completions, ...figures } = result;
    return completions.length === 1 ? { ...completions[0]!, ...figures } : result;
  }

  /** Where `--prompt-file -` reads. */
  protected get input(): StandardInput {
    return standardInput();
  }
}
