import { ToolkitError } from '../../errors/toolkit-error.js';

/** Fields and variables by name. */
export type GoValue = string | boolean | readonly GoRecord[] | GoRecord;

/** What a template is executed over. */
export interface GoRecord {
  readonly [field: string]: GoValue;
}

type Expression =
  | { readonly kind: 'constant'; readonly value: GoValue }
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly operands: readonly Expression[] };

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'assign'; readonly name: string; readonly isNew: boolean; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly then: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'range'; readonly over: Expression; readonly body: readonly Node[] };

/** A parsed template. */
export interface GoTemplate {
  readonly nodes: readonly Node[];
}

function unsupported(what: string): ToolkitError {
  return new ToolkitError(`the Go template uses ${what}, which is not evaluated here`, 'UNSUPPORTED');
}

const ACTION = /\{\{(?<open>-\s)?\s*(?<body>(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`])*?)\s*(?<close>\s-)?\}\}/gs;
const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|:=|=|[()]|[^\s()"`=:]+/gs;

interface Piece {
  readonly text?: string;
  readonly action?: string;
}

function pieces(source: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  let trimsNext = false;
  const addText = (text: string, trimsEnd: boolean): void => {
    let kept = trimsNext ? text.replace(/^\s+/, '') : text;
    if (trimsEnd) kept = kept.replace(/\s+$/, '');
    if (kept !== '') found.push({ text: kept });
  };
  for (const match of source.matchAll(ACTION)) {
    const { open, body, close } = match.groups as { open?: string; body: string; close?: string };
    addText(source.slice(end, match.index), open !== undefined);
    found.push({ action: body.trim() });
    end = match.index + match[0].length;
    trimsNext = close !== undefined;
  }
  addText(source.slice(end), false);
  if (found.some(({ text }) => text?.includes('{{') === true))
    throw unsupported('an action that does not end');
  return found;
}

class Parser {
  private index = 0;

  constructor(private readonly pieces: readonly Piece[]) {}

  /** Reads up to the action that ends the block, which is returned too. */
  block(): { nodes: Node[]; ending: string | undefined } {
    const nodes: Node[] = [];
    while (this.index < this.pieces.length) {
      const { text, action } = this.pieces[this.index++]!;
      if (text !== undefined) {
        nodes.push({ kind: 'text', text });
        continue;
      }
      if (action === 'end' || /^else\b/.test(action!)) return { nodes, ending: action };
      nodes.push(...this.action(action!));
    }
    return { nodes, ending: undefined };
  }

  private action(action: string): Node[] {
    if (action.startsWith('/*')) return [];
    const [, keyword, rest] =
      /^(if|range|with|template|define|block|break|continue)\b\s*(.*)$/s.exec(action) ?? [];
    if (keyword === 'if') return [this.conditional(rest!)];
    if (keyword === 'range') {
      const over = parseExpression(rest!.replace(/^\$\w*\s*,\s*\$\w+\s*:=/, ''));
      const { nodes, ending } = this.block();
      if (ending !== 'end') throw unsupported('a range without end');
      return [{ kind: 'range', over, body: nodes }];
    }
    if (keyword !== undefined) throw unsupported(keyword);
    const assignment = /^\$(\w+)\s*(:?=)\s*(.*)$/s.exec(action);
    if (assignment !== null) {
      const [, name, sign, value] = assignment as unknown as [string, string, string, string];
      return [{ kind: 'assign', name, isNew: sign === ':=', value: parseExpression(value) }];
    }
    return [{ kind: 'print', value: parseExpression(action) }];
  }

  private conditional(condition: string): Node {
    const then = this.block();
    const node = (otherwise: readonly Node[]): Node => ({
      ...{ kind: 'if', condition: parseExpression(condition), then: then.nodes },
      otherwise,
    });
    if (then.ending === 'end') return node([]);
    const chained = /^else\s+if\s+(.*)$/s.exec(then.ending ?? '')?.[1];
    if (chained !== undefined) return node([this.conditional(chained)]);
    const otherwise = then.ending === 'else' ? this.block() : undefined;
    if (otherwise?.ending !== 'end') throw unsupported('an if without end');
    return node(otherwise.nodes);
  }
}

function parseExpression(source: string): Expression {
  const tokens = source.match(TOKEN) ?? [];
  let index = 0;
  const operand = (): Expression => {
    const token = tokens[index++];
    if (token === undefined) throw unsupported('an empty action');
    if (token === '(') {
      const inner = call();
      if (tokens[index++] !== ')') throw unsupported(`the expression ${source}`);
      return inner;
    }
    if (token.startsWith('"')) return { kind: 'constant', value: JSON.parse(token) as string };
    if (token.startsWith('`')) return { kind: 'constant', value: token.slice(1, -1) };
    if (token === 'true' || token === 'false') return { kind: 'constant', value: token === 'true' };
    if (token.startsWith('$')) {
      const [name, ...path] = token.slice(1).split('.');
      return { kind: 'variable', name: name!, path };
    }
    if (token.startsWith('.')) return { kind: 'field', path: token.split('.').filter((part) => part !== '') };
    return { kind: 'call', name: token, operands: [] };
  };
  const call = (): Expression => {
    const first = operand();
    if (first.kind !== 'call' || tokens[index - 1] === ')') return first;
    const operands: Expression[] = [];
    while (index < tokens.length && tokens[index] !== ')') operands.push(operand());
    return { ...first, operands };
  };
  const expression = call();
  if (index < tokens.length) throw unsupported(`the expression ${source}`);
  return expression;
}

/**
 * Parses the part of Go's text/template that Modelfiles of models are written in: text, `if`, `range`, variables, strings,
 * and the functions `eq`, `ne`, `and`, `or` and `not`.
 *
 * @throws ToolkitError `UNSUPPORTED` for anything else
 */
export function parseGoTemplate(source: string): GoTemplate {
  const { nodes, ending } = new Parser(pieces(source)).block();
  if (ending !== undefined) throw unsupported(`"${ending}" without a beginning`);
  return { nodes };
}

/** As Go: empty texts and lists, and false, are not true. */
function isTrue(value: GoValue): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== '' && value !== false;
}

function fieldOf(value: GoValue, path: readonly string[]): GoValue {
  let found = value;
  for (const name of path) {
    const next = typeof found === 'object' && !Array.isArray(found) ? (found as GoRecord)[name] : undefined;
    if (next === undefined) throw unsupported(`the field .${path.join('.')}`);
    found = next;
  }
  return found;
}

class Execution {
  private readonly variables = new Map<string, GoValue>();

  constructor(data: GoRecord) {
    this.variables.set('', data);
  }

  run(nodes: readonly Node[], dot: GoValue): string {
    return nodes.map((node) => this.node(node, dot)).join('');
  }

  private node(node: Node, dot: GoValue): string {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'print': {
        const value = this.value(node.value, dot);
        if (typeof value === 'object') throw unsupported('a list printed whole');
        return String(value);
      }
      case 'assign':
        if (!node.isNew && !this.variables.has(node.name)) throw unsupported(`the variable $${node.name}`);
        this.variables.set(node.name, this.value(node.value, dot));
        return '';
      case 'if':
        return this.run(isTrue(this.value(node.condition, dot)) ? node.then : node.otherwise, dot);
      case 'range': {
        const over = this.value(node.over, dot);
        if (!Array.isArray(over)) throw unsupported('a range over something else than a list');
        return (over as readonly GoRecord[]).map((item) => this.run(node.body, item)).join('');
      }
    }
  }

  private value(expression: Expression, dot: GoValue): GoValue {
    switch (expression.kind) {
      case 'constant':
        return expression.value;
      case 'field':
        return fieldOf(dot, expression.path);
      case 'variable': {
        const value = this.variables.get(expression.name);
        if (value === undefined) throw unsupported(`the variable $${expression.name}`);
        return fieldOf(value, expression.path);
      }
      case 'call': {
        const operands = expression.operands.map((operand) => this.value(operand, dot));
        const [first, ...others] = operands;
        if (first === undefined) throw unsupported(expression.name);
        switch (expression.name) {
          case 'eq':
            return others.some((other) => other === first);
          case 'ne':
            return first !== others[0];
          case 'not':
            return !isTrue(first);
          case 'and':
            return operands.find((operand) => !isTrue(operand)) ?? operands.at(-1)!;
          case 'or':
            return operands.find(isTrue) ?? operands.at(-1)!;
          default:
            throw unsupported(`the function ${expression.name}`);
        }
      }
    }
  }
}

/** @throws ToolkitError `UNSUPPORTED` for fields that are not there */
export function executeGoTemplate({ nodes }: GoTemplate, data: GoRecord): string {
  return new Execution(data).run(nodes, data);
}
