import { Document } from 'yaml';
import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import { parseYaml } from '../yaml/parse-yaml.js';
import { quoteOuterBlanks } from '../yaml/quote-outer-blanks.js';
import {
  describePromptIssue,
  LABELS,
  PROMPT_KEYS,
  promptSettingsSchema,
  type PromptSettings,
} from './prompt-settings.js';
import { splitTurns, type Turn } from './turns.js';
import { compileTemplateText, type TemplateText } from './template-language.js';

export type { PromptSettings } from './prompt-settings.js';

/** Characters of a prompt template at most: an instruction of some twenty thousand words. */
const MOST_CHARACTERS = 128 * 1024;

/** A turn of the prompt; a plain prompt has one, of no role. */
export interface PromptTurn extends Pick<Turn, 'role' | 'isExample'> {
  readonly text: TemplateText;
}

/** A prompt with room for a row of data and for examples. */
export interface PromptTemplate {
  readonly settings: PromptSettings;
  /** What follows the front matter, as it stands in the file. */
  readonly body: string;
  /** The file, for messages. */
  readonly where: string;
  readonly turns: readonly PromptTurn[];
  /** Variables that a row has to fill. */
  readonly rowVariables: readonly string[];
  /** Variables that an example has to fill; `undefined` where the template has no place for examples. */
  readonly exampleVariables: readonly string[] | undefined;
}

const FRONT_MATTER = /^---[^\S\n]*\n([\s\S]*?\n)?---[^\S\n]*(?:\n|$)/;

/**
 * Reads a prompt template: a front matter in YAML between two lines of `---`, and a body with `{{ variables }}`.
 *
 * The body of a plain prompt is one text; examples stand in it where it loops over them:
 * `{% for example in examples %}{{ example.text }}{% endfor %}`. The body of a chat prompt is divided by lines of
 * `# user` and `# assistant`; turns under `# example user` and `# example assistant` are repeated for each example,
 * with the example's own variables.
 *
 * @param where the file, for messages
 * @throws ToolkitError `USAGE` that lists what is wrong with its lines
 */
export async function parsePromptTemplate(text: string, where: string): Promise<PromptTemplate> {
  if (text.length > MOST_CHARACTERS) {
    throw new ToolkitError(
      `${where}: has ${text.length} characters; a prompt template has at most ${MOST_CHARACTERS}`,
      'USAGE',
      'Is it the right file?',
    );
  }
  const source = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const match = FRONT_MATTER.exec(source);
  if (match === null) {
    throw new ToolkitError(
      `${where}:1: a prompt template begins with its front matter between two lines of ---`,
      'USAGE',
      `Front matter has the fields ${PROMPT_KEYS.join(', ')}; templates/prompts holds examples.`,
    );
  }
  const settings = parseYaml(
    match[1] ?? '',
    where,
    {
      ...{ noun: 'prompt template', keys: PROMPT_KEYS, schema: promptSettingsSchema },
      ...{ mostCharacters: MOST_CHARACTERS, describe: describePromptIssue },
      hint: 'Mend the front matter, between the lines of ---; templates/prompts holds examples.',
    },
    2,
  );
  const body = source.slice(match[0].length);
  const bodyLine = match[0].split('\n').length;
  return makePromptTemplate(settings, body, where, bodyLine);
}

/**
 * A prompt template from its parts.
 *
 * @throws ToolkitError as {@link parsePromptTemplate}
 */
export async function makePromptTemplate(
  settings: PromptSettings,
  body: string,
  where: string,
  bodyLine = 1,
): Promise<PromptTemplate> {
  const { kind, system } = settings;
  if (kind === 'plain' && system !== undefined) {
    throw new ToolkitError(
      `${where}: "system" belongs to a chat, and this prompt is plain`,
      'USAGE',
      'Write kind: chat, or put the text into the body.',
    );
  }
  const written: Turn[] =
    kind === 'chat'
      ? splitTurns(body, where, bodyLine)
      : [{ role: undefined, isExample: false, source: body, line: bodyLine }];
  if (system !== undefined) written.unshift({ role: 'system', isExample: false, source: system, line: 1 });
  const turns: PromptTurn[] = [];
  const checker = new VariableChecker(settings, where);
  for (const { role, isExample, source, line } of written) {
    // Where a text ends decides how a model goes on: the line break that ends a file or a turn is not part of it.
    const trimmed = source.replace(/^\n+|\n+$/g, '');
    const leading = source.length - source.replace(/^\n+/, '').length;
    if (trimmed.trim() === '') {
      throw new ToolkitError(`${where}:${line}: a turn is empty`, 'USAGE', 'Write what is to be said there.');
    }
    const text = await compileTemplateText(trimmed, where, line + leading);
    if (isExample) checker.exampleTurn(text);
    else checker.turn(text, kind === 'chat');
    turns.push({ role, isExample, text });
  }
  const { rowVariables, exampleVariables } = checker.result();
  return { settings, body, where, turns, rowVariables, exampleVariables };
}

/** Sees to it that a template uses the variables that it declares, and no others. */
class VariableChecker {
  private readonly inRow = new Set<string>();
  private inExamples: Set<string> | undefined;

  constructor(
    private readonly settings: PromptSettings,
    private readonly where: string,
  ) {}

  turn({ variables, exampleVariables }: TemplateText, isChat: boolean): void {
    for (const name of variables) this.inRow.add(name);
    if (exampleVariables === undefined) return;
    if (isChat) {
      throw this.problem(
        'loops over the examples within a turn',
        'In a chat, write an example as turns of its own, under # example user and # example assistant.',
      );
    }
    for (const name of exampleVariables) this.addExample(name);
    this.inExamples ??= new Set();
  }

  exampleTurn({ variables }: TemplateText): void {
    for (const name of variables) this.addExample(name);
    this.inExamples ??= new Set();
  }

  result(): { readonly rowVariables: readonly string[]; readonly exampleVariables: string[] | undefined } {
    const { variables, answer, labels } = this.settings;
    const used = new Set([...this.inRow, ...(this.inExamples ?? [])]);
    const declared = Object.keys(variables);
    for (const name of used) {
      if (name === LABELS) {
        if (labels === undefined) {
          throw this.problem('uses the labels, and has none', 'Add labels: [first, second] to it.');
        }
      } else if (!declared.includes(name)) {
        const guess = didYouMean(name, [...declared, LABELS]);
        throw this.problem(
          `uses the variable ${name}, which is not declared`,
          `${guess ?? `Declared are: ${declared.join(', ') || 'none'}.`} Add it under variables: with a sentence on what it is.`,
        );
      }
    }
    if (answer !== undefined && !declared.includes(answer)) {
      const guess = didYouMean(answer, declared);
      throw this.problem(
        `"answer" names ${JSON.stringify(answer)}, which is no variable`,
        guess ?? 'Add it under variables:.',
      );
    }
    if (answer !== undefined && this.inRow.has(answer)) {
      throw this.problem(
        `shows the answer, ${answer}, outside of the examples: the model would only have to repeat it`,
        'Show it in examples alone, as example.' + answer + ' or under # example assistant.',
      );
    }
    for (const name of declared) {
      if (!used.has(name) && name !== answer) {
        throw this.problem(
          `declares the variable ${name} and does not use it`,
          'Use it in the body, or take it out.',
        );
      }
    }
    const rowsOnly = (names: Iterable<string>): string[] => [...names].filter((name) => name !== LABELS);
    return {
      rowVariables: rowsOnly(this.inRow),
      exampleVariables: this.inExamples && rowsOnly(this.inExamples),
    };
  }

  private addExample(name: string): void {
    (this.inExamples ??= new Set()).add(name);
  }

  private problem(what: string, hint: string): ToolkitError {
    return new ToolkitError(`${this.where}: the template ${what}`, 'USAGE', hint);
  }
}

/** The template as text; {@link parsePromptTemplate} gives back an equal one. */
export function writePromptTemplate({ settings, body }: Pick<PromptTemplate, 'settings' | 'body'>): string {
  const { variables, generation } = settings;
  const document = new Document(
    {
      ...settings,
      variables: Object.fromEntries(
        Object.entries(variables).map(([name, variable]) => [
          name,
          Object.keys(variable).length === 1 ? variable.description : variable,
        ]),
      ),
      generation: Object.keys(generation).length === 0 ? undefined : generation,
    },
    { keepUndefined: false },
  );
  quoteOuterBlanks(document);
  const yaml = document.toString({ lineWidth: 0 });
  return `---\n${yaml}---\n${body}`;
}
