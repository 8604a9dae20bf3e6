/**
 * Arithmetic written as text, so that the formula an estimate shows is the one that computed it: numbers, names,
 * `+ - * / ^`, parentheses, and the functions below.
 */
const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  min: Math.min,
  max: Math.max,
  ceil: Math.ceil,
  floor: Math.floor,
  sqrt: Math.sqrt,
  ln: Math.log,
  log10: Math.log10,
};

const TOKEN =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|(?<name>[a-z][a-z0-9_]*)|(?<symbol>[-+*/^(),]))/iy;

/**
 * Value of a formula.
 *
 * @throws Error for text that is no formula, or a name that has no value: mistakes of the program, not of its user
 */
export function evaluateFormula(formula: string, values: Readonly<Record<string, number>>): number {
  const tokens = tokenize(formula);
  let position = 0;
  const fail = (): never => {
    throw new Error(`formula ${JSON.stringify(formula)}: unexpected ${tokens[position] ?? 'end'}`);
  };
  const accept = (...symbols: string[]): string | undefined => {
    const token = tokens[position];
    if (token === undefined || !symbols.includes(token)) return undefined;
    position++;
    return token;
  };

  function sum(): number {
    let value = product();
    for (let sign = accept('+', '-'); sign !== undefined; sign = accept('+', '-')) {
      value = sign === '+' ? value + product() : value - product();
    }
    return value;
  }
  function product(): number {
    let value = factor();
    for (let sign = accept('*', '/'); sign !== undefined; sign = accept('*', '/')) {
      value = sign === '*' ? value * factor() : value / factor();
    }
    return value;
  }
  function factor(): number {
    if (accept('-') !== undefined) return -factor();
    const base = operand();
    // To the right first: 2^3^2 is 2^9.
    return accept('^') === undefined ? base : base ** factor();
  }
  function operand(): number {
    if (accept('(') !== undefined) {
      const value = sum();
      return accept(')') === undefined ? fail() : value;
    }
    const token = tokens[position];
    if (token === undefined || '+-*/^(),'.includes(token)) return fail();
    position++;
    if (/^\d/.test(token)) return Number(token);
    if (accept('(') !== undefined) return call(token);
    const value = Object.hasOwn(values, token) ? values[token] : undefined;
    if (value === undefined) throw new Error(`formula ${JSON.stringify(formula)}: ${token} has no value`);
    return value;
  }
  function call(name: string): number {
    const inputs = [sum()];
    while (accept(',') !== undefined) inputs.push(sum());
    if (accept(')') === undefined || !Object.hasOwn(FUNCTIONS, name)) return fail();
    return FUNCTIONS[name]!(...inputs);
  }

  const value = sum();
  return position === tokens.length ? value : fail();
}

function tokenize(formula: string): string[] {
  const tokens: string[] = [];
  const text = formula.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`formula ${JSON.stringify(formula)}: cannot be read`);
    tokens.push(match[0].trim());
  }
  return tokens;
}
