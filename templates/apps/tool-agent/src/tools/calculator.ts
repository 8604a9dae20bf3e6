import { z } from 'zod';
import { tool, ToolError } from '../tool.js';

const FUNCTIONS: Readonly<Record<string, (value: number) => number>> = {
  ...{ abs: Math.abs, ceil: Math.ceil, cos: Math.cos, exp: Math.exp, floor: Math.floor, log: Math.log },
  ...{ log10: Math.log10, round: Math.round, sin: Math.sin, sqrt: Math.sqrt, tan: Math.tan },
};
const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };
/** Brackets within brackets. */
const DEEPEST = 50;

/** Works an expression out by recursive descent; no part of it is ever run as a program. */
class Expression {
  readonly #tokens: readonly string[];
  #place = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = text.match(/(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z]\w*|\*\*|\S/g) ?? [];
  }

  value(): number {
    const value = this.#sum();
    if (this.#place < this.#tokens.length)
      throw new ToolError(`${this.#tokens[this.#place]!} is not expected there`);
    return value;
  }

  #take(...wanted: string[]): string | undefined {
    const token = this.#tokens[this.#place];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.#place++;
    return token;
  }

  #sum(): number {
    let value = this.#product();
    for (let sign = this.#take('+', '-'); sign !== undefined; sign = this.#take('+', '-')) {
      const next = this.#product();
      value = sign === '+' ? value + next : value - next;
    }
    return value;
  }

  #product(): number {
    let value = this.#signed();
    for (let sign = this.#take('*', '/', '%'); sign !== undefined; sign = this.#take('*', '/', '%')) {
      const next = this.#signed();
      value = sign === '*' ? value * next : sign === '/' ? value / next : value % next;
    }
    return value;
  }

  #signed(): number {
    if (++this.#depth > DEEPEST) throw new ToolError('the expression is too deep');
    const sign = this.#take('-', '+');
    const value = sign === undefined ? this.#power() : this.#signed();
    this.#depth--;
    return sign === '-' ? -value : value;
  }

  /** Powers bind from right to left, and tighter than a sign before them. */
  #power(): number {
    const base = this.#operand();
    return this.#take('^', '**') === undefined ? base : base ** this.#signed();
  }

  #operand(): number {
    if (this.#take('(') !== undefined) return this.#closed();
    const token = this.#tokens[this.#place++];
    if (token === undefined) throw new ToolError('the expression ends too early');
    if (/^[\d.]/.test(token)) return Number(token);
    if (Object.hasOwn(FUNCTIONS, token) && this.#take('(') !== undefined)
      return FUNCTIONS[token]!(this.#closed());
    if (Object.hasOwn(CONSTANTS, token)) return CONSTANTS[token]!;
    throw new ToolError(
      `${token} is not known; there are + - * / % ^, ${Object.keys(FUNCTIONS).join(', ')}, pi and e`,
    );
  }

  #closed(): number {
    const value = this.#sum();
    if (this.#take(')') === undefined) throw new ToolError('a bracket is not closed');
    return value;
  }
}

/** Arithmetic. */
export const calculator = tool({
  name: 'calculator',
  description:
    'Works out an arithmetic expression such as (2 + 3) * sqrt(16) / 7 ^ 2. Use it for every calculation.',
  inputSchema: z.strictObject({ expression: z.string().min(1).max(1000) }),
  run({ expression }) {
    const value = new Expression(expression).value();
    if (!Number.isFinite(value)) throw new ToolError('the result is not a finite number');
    // Fifteen digits are exact; a sixteenth shows that 0.1 + 0.2 was added in binary.
    return String(Number(value.toPrecision(15)));
  },
});
