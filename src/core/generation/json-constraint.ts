import { ToolkitError } from '../errors/toolkit-error.js';
import { startOf, type Grammar, type JsonState } from './json-automaton.js';

const NONE = 0;

/** A vocabulary as a tree of bytes, so that tokens that begin alike are tried together. */
export class TokenTree {
  private readonly bytes: number[] = [0];
  private readonly firstChild: number[] = [NONE];
  private readonly nextSibling: number[] = [NONE];
  /** Tokens that end in each node. */
  private readonly tokens: number[][] = [[]];

  /** @param bytesOf the bytes of a token; one without any is left out */
  constructor(
    readonly vocabulary: number,
    bytesOf: (token: number) => Uint8Array,
  ) {
    for (let token = 0; token < vocabulary; token++) {
      const bytes = bytesOf(token);
      if (bytes.length === 0) continue;
      let node = 0;
      for (const byte of bytes) node = this.child(node, byte);
      this.tokens[node]!.push(token);
    }
  }

  /** Calls `allow` for every token whose bytes the state takes. */
  visit(start: JsonState, allow: (token: number) => void): void {
    const pending: { node: number; state: JsonState }[] = [{ node: 0, state: start }];
    for (;;) {
      const at = pending.pop();
      if (at === undefined) return;
      for (const token of this.tokens[at.node]!) allow(token);
      for (let child = this.firstChild[at.node]!; child !== NONE; child = this.nextSibling[child]!) {
        const state = at.state.after(this.bytes[child]!);
        if (state !== undefined) pending.push({ node: child, state });
      }
    }
  }

  private child(parent: number, byte: number): number {
    let child = this.firstChild[parent]!;
    while (child !== NONE && this.bytes[child] !== byte) child = this.nextSibling[child]!;
    if (child !== NONE) return child;
    child = this.bytes.length;
    this.bytes.push(byte);
    this.firstChild.push(NONE);
    this.nextSibling.push(this.firstChild[parent]!);
    this.tokens.push([]);
    this.firstChild[parent] = child;
    return child;
  }
}

/**
 * Keeps an answer to a grammar of JSON: before each token it rules out those that cannot come, however characters are
 * spread over tokens. The answer is over as soon as its value is.
 */
export class JsonConstraint {
  private state: JsonState;
  /** By state, since most of an answer is inside strings, where the same state comes again and again. */
  private readonly allowed = new WeakMap<JsonState, Uint8Array>();

  constructor(
    private readonly tree: TokenTree,
    private readonly bytesOf: (token: number) => Uint8Array,
    grammar: Grammar,
  ) {
    this.state = startOf(grammar);
  }

  get isComplete(): boolean {
    return this.state.isComplete;
  }

  /**
   * Sets the scores of tokens that cannot come next to -Infinity.
   *
   * @param scores [vocabulary]
   * @throws ToolkitError `UNSUPPORTED` if the vocabulary has no token to go on with
   */
  restrict(scores: Float32Array): void {
    const allowed = this.allowedTokens();
    for (let token = 0; token < scores.length; token++) {
      if (allowed[token] !== 1) scores[token] = -Infinity;
    }
  }

  /** @param token one that was allowed */
  push(token: number): void {
    for (const byte of this.bytesOf(token)) {
      const state = this.state.after(byte);
      if (state === undefined) throw new Error(`token ${token} is not what the JSON grammar allows`);
      this.state = state;
    }
  }

  private allowedTokens(): Uint8Array {
    let allowed = this.allowed.get(this.state);
    if (allowed !== undefined) return allowed;
    const found = new Uint8Array(this.tree.vocabulary);
    let count = 0;
    this.tree.visit(this.state, (token) => {
      found[token] = 1;
      count++;
    });
    if (count === 0) {
      throw new ToolkitError(
        'the model’s vocabulary cannot spell what JSON needs next',
        'UNSUPPORTED',
        'Ask without response_format.',
      );
    }
    this.allowed.set(this.state, (allowed = found));
    return allowed;
  }
}
