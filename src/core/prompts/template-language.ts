import { ToolkitError } from '../errors/toolkit-error.js';
import { loadJinja, type JinjaProgram } from '../tokenizers/jinja-library.js';

/** What stands in a variable: a text, a yes or no, or a list of texts. */
export type TemplateValue = string | boolean | readonly string[];

/** Values by the names that a template knows them by. */
export type TemplateValues = Readonly<Record<string, TemplateValue>>;

/** A piece of a prompt template, checked and ready to be filled in. */
export interface TemplateText {
  /** Names of the values that it needs. */
  readonly variables: ReadonlySet<string>;
  /** Variables of each example that it needs; `undefined` where it does not loop over the examples. */
  readonly exampleVariables: ReadonlySet<string> | undefined;
  /** @throws ToolkitError `USAGE` when a value is of a kind that the template cannot use */
  render(values: TemplateValues, examples: readonly TemplateValues[]): string;
}

/** Name under which a template loops over the examples. */
export const EXAMPLES = 'examples';
/** Name under which a template knows where a loop is. */
export const LOOP = 'loop';

/** Characters of a rendered piece at most: several times the longest context windows of today. */
const MOST_RENDERED_CHARACTERS = 50_000_000;

/** Blanks in a row at most: what reads templates takes time that grows with their square. */
const MOST_BLANKS = 1000;
const TOO_MANY_BLANKS = new RegExp(`\\s{${MOST_BLANKS + 1}}`);

/** What a node of a parsed template may hold; which of it depends on its type. */
interface Node {
  readonly type: string;
  readonly value: unknown;
  readonly body: readonly Node[];
  readonly alternate: readonly Node[];
  readonly defaultBlock: readonly Node[];
  readonly test: Node;
  readonly loopvar: Node;
  readonly iterable: Node;
  readonly object: Node;
  readonly property: Node;
  readonly computed: boolean;
  readonly left: Node;
  readonly right: Node;
  readonly operator: { readonly value: string };
  readonly argument: Node;
  readonly operand: Node;
  readonly filter: Node;
  readonly callee: Node;
  readonly args: readonly Node[];
  readonly condition: Node;
  readonly trueExpr: Node;
  readonly falseExpr: Node;
}

const OPERATORS = ['and', 'or', '==', '!=', 'in', 'not in', '~'];
const FILTERS = ['upper', 'lower', 'title', 'capitalize', 'trim', 'length', 'first', 'last', 'tojson'];
const LOOP_PARTS = ['index', 'index0', 'first', 'last', 'length'];

const LANGUAGE =
  'A prompt knows {{ variable }}, {% if … %}, {% for item in list %}, the operators ' +
  `${OPERATORS.join(' ')} not, and the filters ${FILTERS.join(', ')} and join("…").`;

type Refuse = (what: string, name?: string) => never;

/**
 * Collects the names that a template uses, and refuses all that a prompt does not need. What is left of Jinja cannot
 * call anything, cannot reach into values, and loops over each list once, so that it ends and has no way out.
 */
class NameReader {
  readonly variables = new Set<string>();
  exampleVariables: Set<string> | undefined;
  /** The loop that is being read. */
  private loop: { readonly name: string; readonly overExamples: boolean } | undefined;

  constructor(private readonly refuse: Refuse) {}

  readAll(nodes: readonly Node[]): void {
    for (const node of nodes) this.read(node);
  }

  /** @param isCondition whether only the truth of the value is asked for: then `examples` is one */
  private read(node: Node, isCondition = false): void {
    switch (node.type) {
      case 'StringLiteral':
      case 'Comment':
        return;
      case 'Identifier':
        this.readName(node.value as string, isCondition);
        return;
      case 'MemberExpression':
        this.readMember(node);
        return;
      case 'If':
        this.read(node.test, true);
        this.readAll(node.body);
        this.readAll(node.alternate);
        return;
      case 'Ternary':
        this.read(node.condition, true);
        this.read(node.trueExpr);
        this.read(node.falseExpr);
        return;
      case 'For':
        this.readLoop(node);
        return;
      case 'UnaryExpression':
        this.read(node.argument, true);
        return;
      case 'BinaryExpression':
        if (!OPERATORS.includes(node.operator.value)) this.refuse(`the operator ${node.operator.value}`);
        this.read(node.left, isCondition);
        this.read(node.right, isCondition);
        return;
      case 'FilterExpression':
        this.readFilter(node);
        return;
      default:
        this.refuse(`${node.type} of Jinja`);
    }
  }

  private readName(name: string, isCondition: boolean): void {
    if (name === this.loop?.name) {
      if (!this.loop.overExamples) return;
      this.refuse(`"${name}" as a whole: name the variable, as in ${name}.text`, name);
    }
    if (name === EXAMPLES) {
      if (isCondition) return;
      this.refuse('"examples" as a whole: loop over them, {% for example in examples %}', name);
    }
    if (name === LOOP) this.refuse('"loop" as a whole: name its part, as in loop.index', name);
    this.variables.add(name);
  }

  private readMember({ object, property, computed }: Node): void {
    const owner = object.type === 'Identifier' ? String(object.value) : 'this';
    if (computed || object.type !== 'Identifier' || property.type !== 'Identifier') {
      this.refuse(`a part of ${owner} in brackets`, owner);
    }
    const part = String(property.value);
    if (this.loop !== undefined && owner === LOOP && LOOP_PARTS.includes(part)) return;
    if (this.loop?.overExamples === true && owner === this.loop.name) {
      this.exampleVariables?.add(part);
      return;
    }
    this.refuse(`"${owner}.${part}": only examples and loop.${LOOP_PARTS.join(', loop.')} have parts`, owner);
  }

  private readLoop({ loopvar, iterable, body, defaultBlock }: Node): void {
    if (this.loop !== undefined) this.refuse('a loop within a loop');
    if (loopvar.type !== 'Identifier' || iterable.type !== 'Identifier') {
      this.refuse('a loop of another form than {% for item in list %}');
    }
    const list = iterable.value as string;
    const overExamples = list === EXAMPLES;
    if (overExamples) this.exampleVariables ??= new Set();
    else this.readName(list, false);
    this.loop = { name: loopvar.value as string, overExamples };
    this.readAll(body);
    this.loop = undefined;
    this.readAll(defaultBlock);
  }

  private readFilter({ operand, filter }: Node): void {
    const isCall = filter.type === 'CallExpression';
    const name = String((isCall ? filter.callee : filter).value);
    const isKnown = isCall
      ? name === 'join' && filter.args.length === 1 && filter.args[0]!.type === 'StringLiteral'
      : FILTERS.includes(name);
    if (!isKnown) this.refuse(`the filter ${name}${isCall ? '(…)' : ''}`, name);
    this.read(operand, name === 'length');
  }
}

/** What the library says is wrong; where a template ends too early it only trips. */
function reasonOf(error: unknown): string {
  return error instanceof TypeError ? ': it ends too early' : ` (${(error as Error).message})`;
}

/** The line of a template on which a tag names something, counted from 0; its first one where none does. */
function lineNaming(source: string, name: string | undefined): number {
  if (name === undefined) return 0;
  const index = source.search(new RegExp(`\\{[{%][^{}]*\\b${name.replace(/\W/g, '.')}\\b`));
  if (index < 0) return 0;
  return source.slice(0, source.indexOf(name, index)).split('\n').length - 1;
}

/**
 * Reads a piece of a prompt template: Jinja, as chat templates are written in, cut down to what a prompt needs. White
 * space around blocks is treated as in chat templates (`trim_blocks`, `lstrip_blocks`).
 *
 * @param where the file that it stands in, for errors
 * @param firstLine its line there
 * @throws ToolkitError `USAGE` with the line
 */
export async function compileTemplateText(
  source: string,
  where: string,
  firstLine: number,
): Promise<TemplateText> {
  const { Environment, Interpreter, parse, tokenize } = await loadJinja();
  const refuse: Refuse = (what, name) => {
    throw new ToolkitError(
      `${where}:${firstLine + lineNaming(source, name)}: cannot have ${what}`,
      'USAGE',
      LANGUAGE,
    );
  };
  if (TOO_MANY_BLANKS.test(source)) refuse(`more than ${MOST_BLANKS} blanks in a row`);
  let program: JinjaProgram;
  const names = new NameReader(refuse);
  try {
    program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
    names.readAll((program as Node).body);
  } catch (error) {
    if (error instanceof ToolkitError) throw error;
    throw new ToolkitError(
      `${where}:${firstLine}: the template that begins here cannot be read${reasonOf(error)}`,
      'USAGE',
      'Every {{ needs its }}, every {% if %} its {% endif %}, every {% for %} its {% endfor %}.',
      error,
    );
  }

  return {
    variables: names.variables,
    exampleVariables: names.exampleVariables,
    render(values, examples) {
      const scope = new Environment();
      for (const [name, value] of Object.entries(values)) scope.set(name, value);
      scope.set(EXAMPLES, examples);
      let text: string;
      try {
        text = new Interpreter(scope).run(program).value;
      } catch (error) {
        throw new ToolkitError(
          `${where}:${firstLine}: the template that begins here cannot be filled in (${(error as Error).message})`,
          'USAGE',
          'Is each variable of the kind that the template takes it for: a text, or a list to loop over?',
          error,
        );
      }
      if (text.length <= MOST_RENDERED_CHARACTERS) return text;
      throw new ToolkitError(
        `${where}: the prompt has ${text.length} characters, more than ${MOST_RENDERED_CHARACTERS}`,
        'CONTEXT_OVERFLOW',
        'Give it fewer examples, or shorter texts.',
      );
    },
  };
}
