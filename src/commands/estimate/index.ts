import { BaseCommand } from '../../cli/base-command.js';
import { ESTIMATE_TOPICS, type EstimateTopic } from '../../cli/estimate-topics.js';
import { unknownCommandError } from '../../cli/unknown-command.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';

/** The command line that the answers amount to. */
export interface EstimateQuestions {
  readonly command: readonly string[];
}

/** `genai estimate`: asks what is to be estimated, and runs that command. */
export default class Estimate extends BaseCommand<EstimateQuestions> {
  static override summary = 'Ask what is to be estimated, and estimate it.';

  static override description =
    'In a terminal this asks a few questions and runs the command they amount to, which it prints so that you can ' +
    'run it again. Elsewhere name the estimate: memory, compute, time, scaling, data or quantize.';

  static override examples = [
    { description: 'Answer a few questions:', command: '<%= config.bin %> <%= command.id %>' },
    { description: 'See the estimates:', command: '<%= config.bin %> <%= command.id %> --help' },
  ];

  /** Words that name no estimate end up here. */
  static override strict = false;

  async run(): Promise<EstimateQuestions> {
    const { argv: words } = await this.parse(Estimate);
    if (words.length > 0) throw unknownCommandError(['estimate', ...words].join(':'), this.config);
    const { prompts } = this.ports;
    if (!prompts.interactive || this.jsonEnabled()) {
      throw new ToolkitError(
        'genai estimate: what is to be estimated is missing, and there is no terminal to ask in',
        'USAGE',
        `Name it: ${ESTIMATE_TOPICS.map(({ topic }) => `genai estimate ${topic}`).join(', ')}.`,
      );
    }
    const topic = await prompts.choose<EstimateTopic>(
      'What do you want to know?',
      ESTIMATE_TOPICS.map((entry) => ({ name: entry.question, value: entry })),
    );
    const argv = await topic.ask(prompts);
    this.printParagraph(`$ ${[this.config.bin, 'estimate', topic.topic, ...argv].join(' ')}`);
    this.print('\n');
    await this.config.runCommand(`estimate:${topic.topic}`, argv);
    return { command: ['estimate', topic.topic, ...argv] };
  }
}
