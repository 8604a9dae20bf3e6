import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { toJsonText } from '../cli/json-text.js';
import { planSections } from '../cli/renderers/scope-plan.js';
import {
  askScope,
  explanationOf,
  REQUIRED_QUESTIONS,
  SCOPE_QUESTIONS,
  valuesOfFlags,
} from '../cli/scope-questions.js';
import { styleFor } from '../cli/style.js';
import { sanitizeForTerminal, wrapWords } from '../cli/terminal-text.js';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import type { ScopeResult } from '../lifecycle/scope/scope.js';

/** One flag for every field of a scope, in the words of the field's own description. */
const FIELD_FLAGS: object = Object.fromEntries(
  SCOPE_QUESTIONS.map((question): [string, object] => {
    const summary = explanationOf(question);
    if (question.kind === 'yes-no') return [question.flag, Flags.boolean({ allowNo: true, summary })];
    if (question.kind === 'codes') return [question.flag, Flags.string({ multiple: true, summary })];
    return [question.flag, Flags.string({ summary })];
  }),
);

/** `genai scope`: what a project is for, written down, and the plan that follows. */
export default class Scope extends BaseCommand<ScopeResult | Record<string, unknown>> {
  static override summary = 'Write down what the project is for, and plan it.';

  static override description =
    'Asks for what the flags leave open, where there is a terminal, and writes scope.yaml: a comment explains every ' +
    'field. Then it tells which architecture suits, whether prompting is likely to do, whether to pre-train, what to ' +
    'measure, how much data it takes and what to run next, each with its reason and source.';

  static override examples = [
    {
      description: 'Summaries of legal briefs, without questions:',
      command:
        '<%= config.bin %> <%= command.id %> --name briefs --task summarization --domain law --unusual-vocabulary --labelled-examples 800 --no-ask',
    },
    {
      description: 'Check a scope that was edited, and plan anew:',
      command: '<%= config.bin %> <%= command.id %> --from scope.yaml',
    },
    {
      description: 'The form of the file, for an editor or a program:',
      command: '<%= config.bin %> <%= command.id %> --schema',
    },
  ];

  static override flags = {
    ...FIELD_FLAGS,
    from: Flags.string({ summary: 'Scope file to check; flags of fields go before its values.' }),
    out: Flags.string({ summary: 'File to write [default: scope.yaml; with --from, none].' }),
    force: Flags.boolean({ summary: 'Replace the file if it is there.' }),
    ask: Flags.boolean({
      allowNo: true,
      default: true,
      summary: 'Ask for what no flag says, in a terminal.',
    }),
    schema: Flags.boolean({ summary: 'Print the JSON schema of a scope file.' }),
  };

  async run(): Promise<ScopeResult | Record<string, unknown>> {
    const { flags } = await this.parse(Scope);
    if (flags.schema) return this.printSchema();
    const { from, force } = flags;
    const out = flags.out ?? (from === undefined ? 'scope.yaml' : undefined);
    const { assertNothingAt, scopeProject } = await import('../lifecycle/scope/scope.js');
    // Before the questions: nobody should answer them for nothing.
    if (out !== undefined && !force) await assertNothingAt(out, this.ports.fileSystem);
    const given = valuesOfFlags(flags);
    const isAsked = from === undefined && flags.ask && this.ports.prompts.interactive && !this.jsonEnabled();
    if (!isAsked && from === undefined) assertComplete(given);
    if (isAsked) this.printParagraph('Enter leaves a question open; only name and task are needed.');
    const values = isAsked ? await askScope(this.ports.prompts, given) : given;
    const result = await scopeProject({ from, out, force, values }, this.ports);
    this.printPlan(result);
    return result;
  }

  private async printSchema(): Promise<Record<string, unknown>> {
    const { scopeJsonSchema } = await import('../core/scope/scope.js');
    const schema = scopeJsonSchema();
    this.print(toJsonText(schema));
    return schema;
  }

  private printPlan(result: ScopeResult): void {
    const style = styleFor(this.ports.stdout);
    if (result.file !== null) this.printParagraph(`Written to ${result.file}: ${result.scope.name}`);
    for (const { title, paragraphs } of planSections(result)) {
      this.print(`\n${style.heading(title)}\n`);
      for (const { text, isAside } of paragraphs) {
        const wrapped = wrapWords(sanitizeForTerminal(text), this.ports.stdout.columns);
        this.print(`${isAside ? style.faint(wrapped) : wrapped}\n`);
      }
    }
  }
}

/** Tells everything that is missing at once. */
function assertComplete(given: Readonly<Record<string, unknown>>): void {
  const missing = REQUIRED_QUESTIONS.filter(({ path }) => given[path] === undefined);
  if (missing.length === 0) return;
  throw new ToolkitError(
    missing.map((question) => `--${question.flag} is missing. ${explanationOf(question)}`).join('\n'),
    'USAGE',
    'Without a terminal nothing is asked: give the flags, or a file with --from.',
  );
}
