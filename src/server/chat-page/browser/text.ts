import { UNSAFE_CHARACTERS } from '../../../core/visible-text.js';

/** Part of the page's script: elements, and what models write in them, as text and never as HTML. */
export const TEXT = String.raw`
const UNSAFE_CHARACTERS = /((?![\n\t])${UNSAFE_CHARACTERS.source})/u;
/** What is set off in an answer: fenced blocks of code, code within a line, and strong words. */
const FENCE = /\n?^[ \t]*(?:\x60{3,}|~{3,})[^\n]*\n([\s\S]*?)(?:^[ \t]*(?:\x60{3,}|~{3,})[ \t]*$\n?|(?![\s\S]))/m;
const INLINE = /\x60([^\x60\n]+)\x60|\*\*(\S(?:[^*\n]*\S)?)\*\*/;

/**
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {{ new (): Kind, prototype: Kind }} kind
 */
function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error('The page lacks its element ' + id + '.');
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children strings as text, never as HTML
 */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}

/** @param {string} character */
function escapeCharacter(character) {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u' + code.toString(16).padStart(4, '0');
}

/**
 * Text in which control characters are escapes that are set off.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
function visible(text) {
  return text
    .split(UNSAFE_CHARACTERS)
    .map((part, place) => (place % 2 === 0 ? part : make('span', { class: 'escape' }, escapeCharacter(part))));
}

/**
 * Cuts a text where an expression is found, in turn.
 *
 * @param {string} text
 * @param {RegExp} expression
 * @param {(between: string) => (Node | string)[]} plain
 * @param {(found: RegExpExecArray) => Node} marked
 * @returns {(Node | string)[]}
 */
function mark(text, expression, plain, marked) {
  /** @type {(Node | string)[]} */
  const parts = [];
  let start = 0;
  for (const found of text.matchAll(new RegExp(expression, expression.flags + 'g'))) {
    parts.push(...plain(text.slice(start, found.index)), marked(found));
    start = found.index + found[0].length;
  }
  return [...parts, ...plain(text.slice(start))];
}

/**
 * An answer with its code and its strong words set off.
 *
 * @param {string} text
 */
function formatted(text) {
  const line = (/** @type {string} */ between) =>
    mark(between, INLINE, visible, ([, code, strong]) =>
      code === undefined ? make('strong', {}, ...visible(strong ?? '')) : make('code', {}, ...visible(code)),
    );
  return mark(text, FENCE, line, ([, code]) =>
    make('pre', { tabindex: '0', role: 'group', 'aria-label': 'Code' }, make('code', {}, ...visible(code ?? ''))),
  );
}
`;
