import { ToolkitError } from '../errors/toolkit-error.js';

/**
 * JSON (RFC 8259) as automata over the bytes of its UTF-8 text. What a value looks like is a {@link Grammar}; a state of
 * it says which bytes may come next, and what has been opened is closed by the states that follow.
 */

/** What may come next. States never change. */
export abstract class JsonState {
  private next: (JsonState | null | undefined)[] | undefined;

  /** Whether the text may end here. */
  get isComplete(): boolean {
    return false;
  }

  /** The state after one more byte; `undefined` where that byte cannot come. */
  after(byte: number): JsonState | undefined {
    this.next ??= [];
    let state = this.next[byte];
    if (state === undefined) this.next[byte] = state = this.advance(byte) ?? null;
    return state ?? undefined;
  }

  protected abstract advance(byte: number): JsonState | undefined;
}

/** Makes the state that follows. */
export type Then = () => JsonState;

/** The state in which a value begins, given what follows the value. */
export type Grammar = (then: Then) => JsonState;

/** Blanks allowed in a row: a model that pads without end would never finish. */
const MOST_BLANKS = 16;

/** Readings of one text that are followed at once: a grammar that doubles them with every bracket takes all memory. */
const MOST_READINGS = 256;

const BLANKS: ReadonlySet<number> = new Set(Buffer.from(' \n\r\t'));
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));
const LETTER_U = 0x75;

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

class End extends JsonState {
  override get isComplete(): boolean {
    return true;
  }

  protected override advance(): undefined {
    return undefined;
  }
}

/** Nothing follows. */
export const atEnd: Then = () => new End();

class Either extends JsonState {
  constructor(readonly states: readonly JsonState[]) {
    super();
  }

  override get isComplete(): boolean {
    return this.states.some(({ isComplete }) => isComplete);
  }

  protected override advance(byte: number): JsonState | undefined {
    return either(this.states.map((state) => state.after(byte)));
  }
}

/**
 * Any of several states, while more than one is left.
 *
 * @throws ToolkitError `UNSUPPORTED` for more than {@link MOST_READINGS}
 */
function either(states: readonly (JsonState | undefined)[]): JsonState | undefined {
  const left = [
    ...new Set(states.flatMap((state) => (state instanceof Either ? state.states : (state ?? [])))),
  ];
  if (left.length > MOST_READINGS) {
    throw new ToolkitError(
      `JSON schema: a text can be read in more than ${MOST_READINGS} ways`,
      'UNSUPPORTED',
      'Make the alternatives of anyOf differ sooner, or leave out those that say the same.',
    );
  }
  return left.length > 1 ? new Either(left) : left[0];
}

/** The same state at every call, so that alternatives that end alike become one again. */
function once(then: Then): Then {
  let state: JsonState | undefined;
  return () => (state ??= then());
}

class Blanks extends JsonState {
  constructor(
    private readonly state: JsonState,
    private readonly left: number,
  ) {
    super();
  }

  override get isComplete(): boolean {
    return this.state.isComplete;
  }

  protected override advance(byte: number): JsonState | undefined {
    if (!BLANKS.has(byte)) return this.state.after(byte);
    return this.left > 0 ? new Blanks(this.state, this.left - 1) : undefined;
  }
}

/** A state that blanks may come before. */
function spaced(state: JsonState): JsonState {
  return new Blanks(state, MOST_BLANKS);
}

interface Spelling {
  readonly bytes: Uint8Array;
  readonly then: Then;
}

/** One of several texts; one may be the beginning of another. */
class Spellings extends JsonState {
  constructor(
    private readonly spellings: readonly Spelling[],
    private readonly position = 0,
  ) {
    super();
  }

  protected override advance(byte: number): JsonState | undefined {
    const going = this.spellings.filter(({ bytes }) => bytes[this.position] === byte);
    const position = this.position + 1;
    const longer = going.filter(({ bytes }) => bytes.length > position);
    return either([
      ...going.filter(({ bytes }) => bytes.length === position).map(({ then }) => then()),
      longer.length > 0 ? new Spellings(longer, position) : undefined,
    ]);
  }
}

function spelling(text: string, then: Then): Spelling {
  return { bytes: Buffer.from(text), then };
}

class StringBody extends JsonState {
  constructor(private readonly then: Then) {
    super();
  }

  protected override advance(byte: number): JsonState | undefined {
    if (byte === QUOTE) return this.then();
    if (byte === BACKSLASH) return new Escape(this);
    if (byte < 0x20) return undefined;
    if (byte < 0x80) return this;
    // RFC 3629, section 4: what may follow each first byte.
    if (byte >= 0xc2 && byte <= 0xdf) return new Continuation(this, 1);
    if (byte === 0xe0) return new Continuation(this, 2, 0xa0);
    if (byte === 0xed) return new Continuation(this, 2, 0x80, 0x9f);
    if (byte >= 0xe1 && byte <= 0xef) return new Continuation(this, 2);
    if (byte === 0xf0) return new Continuation(this, 3, 0x90);
    if (byte === 0xf4) return new Continuation(this, 3, 0x80, 0x8f);
    if (byte >= 0xf1 && byte <= 0xf3) return new Continuation(this, 3);
    return undefined;
  }
}

/** Inside a character of several bytes. */
class Continuation extends JsonState {
  constructor(
    private readonly body: JsonState,
    private readonly left: number,
    private readonly lowest = 0x80,
    private readonly highest = 0xbf,
  ) {
    super();
  }

  protected override advance(byte: number): JsonState | undefined {
    if (byte < this.lowest || byte > this.highest) return undefined;
    return this.left === 1 ? this.body : new Continuation(this.body, this.left - 1);
  }
}

class Escape extends JsonState {
  constructor(private readonly body: JsonState) {
    super();
  }

  protected override advance(byte: number): JsonState | undefined {
    if (byte === LETTER_U) return new HexDigits(this.body, 4);
    return ESCAPES.has(byte) ? this.body : undefined;
  }
}

class HexDigits extends JsonState {
  constructor(
    private readonly body: JsonState,
    private readonly left: number,
  ) {
    super();
  }

  protected override advance(byte: number): JsonState | undefined {
    if (!isHexDigit(byte)) return undefined;
    return this.left === 1 ? this.body : new HexDigits(this.body, this.left - 1);
  }
}

type NumberPart = 'start' | 'minus' | 'zero' | 'integer' | 'point' | 'fraction' | 'e' | 'sign' | 'exponent';

/** RFC 8259, section 6: for each part which characters lead to which. */
const NUMBER_PARTS: Readonly<Record<NumberPart, readonly (readonly [RegExp, NumberPart])[]>> = {
  start: [
    [/-/, 'minus'],
    [/0/, 'zero'],
    [/[1-9]/, 'integer'],
  ],
  minus: [
    [/0/, 'zero'],
    [/[1-9]/, 'integer'],
  ],
  zero: [
    [/\./, 'point'],
    [/[eE]/, 'e'],
  ],
  integer: [
    [/[0-9]/, 'integer'],
    [/\./, 'point'],
    [/[eE]/, 'e'],
  ],
  point: [[/[0-9]/, 'fraction']],
  fraction: [
    [/[0-9]/, 'fraction'],
    [/[eE]/, 'e'],
  ],
  e: [
    [/[-+]/, 'sign'],
    [/[0-9]/, 'exponent'],
  ],
  sign: [[/[0-9]/, 'exponent']],
  exponent: [[/[0-9]/, 'exponent']],
};

const COMPLETE_PARTS: ReadonlySet<NumberPart> = new Set(['zero', 'integer', 'fraction', 'exponent']);
const INTEGER_PARTS: ReadonlySet<NumberPart> = new Set(['minus', 'zero', 'integer']);

class NumberState extends JsonState {
  constructor(
    private readonly part: NumberPart,
    private readonly integersOnly: boolean,
    private readonly then: Then,
  ) {
    super();
  }

  private get canEnd(): boolean {
    return COMPLETE_PARTS.has(this.part);
  }

  override get isComplete(): boolean {
    return this.canEnd && this.then().isComplete;
  }

  protected override advance(byte: number): JsonState | undefined {
    const character = String.fromCharCode(byte);
    const [, part] = NUMBER_PARTS[this.part].find(([pattern]) => pattern.test(character)) ?? [];
    if (part !== undefined) {
      const isAllowed = !this.integersOnly || INTEGER_PARTS.has(part);
      return isAllowed ? new NumberState(part, this.integersOnly, this.then) : undefined;
    }
    // Nothing closes a number but what follows it.
    return this.canEnd ? this.then().after(byte) : undefined;
  }
}

/** Any string. */
export const anyString: Grammar = (then) => new Spellings([spelling('"', () => new StringBody(then))]);

/** A number, with or without fraction and exponent. */
export const anyNumber: Grammar = (then) => new NumberState('start', false, then);

/** A number of digits alone. */
export const anyInteger: Grammar = (then) => new NumberState('start', true, then);

/** One of these values, each in its shortest spelling. */
export function oneOf(values: readonly unknown[]): Grammar {
  const texts = values.map((value) => JSON.stringify(value));
  // A number may be the beginning of another one: what follows decides.
  return (then) => {
    const next = once(then);
    return new Spellings(texts.map((text) => spelling(text, next)));
  };
}

/** A value of any of these kinds. */
export function anyOf(grammars: readonly Grammar[]): Grammar {
  return (then) => {
    const next = once(then);
    return either(grammars.map((grammar) => grammar(next)))!;
  };
}

/** An array of so many values. */
export function arrayOf(items: Grammar, least = 0, most = Infinity): Grammar {
  return (then) => {
    const rest = (count: number): JsonState => {
      const next = (): JsonState => spaced(items(() => spaced(rest(count + 1))));
      return new Spellings([
        ...(count >= least ? [spelling(']', then)] : []),
        ...(count < most ? [spelling(',', next)] : []),
      ]);
    };
    const first = (): JsonState => {
      const empty = least === 0 ? new Spellings([spelling(']', then)]) : undefined;
      const item = most > 0 ? items(() => spaced(rest(1))) : undefined;
      return spaced(either([empty, item])!);
    };
    return new Spellings([spelling('[', first)]);
  };
}

/** An object with any keys. */
export const anyObject: Grammar = (then) => {
  const member = (): JsonState =>
    spaced(
      anyString(() =>
        spaced(new Spellings([spelling(':', () => spaced(anyValue(() => spaced(afterMember()))))])),
      ),
    );
  const afterMember = (): JsonState => new Spellings([spelling('}', then), spelling(',', member)]);
  const first = (): JsonState => either([spaced(new Spellings([spelling('}', then)])), member()])!;
  return new Spellings([spelling('{', first)]);
};

/** Any value at all. */
export const anyValue: Grammar = (then) =>
  anyOf([anyObject, arrayOf(anyValue), anyString, anyNumber, oneOf([true, false, null])])(then);

/** A member of an object. */
export interface Property {
  readonly name: string;
  readonly isRequired: boolean;
  readonly value: Grammar;
}

/** An object with these members alone, in this order. */
export function objectOf(properties: readonly Property[]): Grammar {
  return (then) => {
    const mayCloseFrom = (position: number): boolean =>
      !properties.slice(position).some(({ isRequired }) => isRequired);
    const keysFrom = (position: number): Spelling[] => {
      const required = properties.findIndex(({ isRequired }, index) => index >= position && isRequired);
      const reachable = properties.slice(position, required < 0 ? undefined : required + 1);
      return reachable.map(({ name, value }, offset) =>
        spelling(JSON.stringify(name), () => {
          const afterValue = (): JsonState => spaced(afterMember(position + offset + 1));
          return spaced(new Spellings([spelling(':', () => spaced(value(afterValue)))]));
        }),
      );
    };
    const closing = (position: number): Spelling[] => (mayCloseFrom(position) ? [spelling('}', then)] : []);
    const afterMember = (position: number): JsonState => {
      const next = (): JsonState => spaced(new Spellings(keysFrom(position)));
      const more = position < properties.length ? [spelling(',', next)] : [];
      return new Spellings([...closing(position), ...more]);
    };
    const first = (): JsonState => spaced(new Spellings([...closing(0), ...keysFrom(0)]));
    return new Spellings([spelling('{', first)]);
  };
}

/** The state in which a text of one value, and nothing around it, begins. */
export function startOf(grammar: Grammar): JsonState {
  return grammar(atEnd);
}
