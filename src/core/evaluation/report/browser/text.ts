import { UNSAFE_CHARACTERS } from '../../../visible-text.js';

/** Part of the page's script: elements, and texts from data in them. */
export const TEXT = String.raw`
const UNSAFE_CHARACTERS = /${UNSAFE_CHARACTERS.source}/u;
const SHORT_ESCAPES = new Map([['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t']]);
/** Escapes of one text that are set off; more would make the page slow, and are shown like the rest. */
const MOST_MARKED_ESCAPES = 2000;
/** Characters of one text that are laid out at once: a million without a space take Chromium six seconds. */
const SHOWN_CHARACTERS = 100_000;
const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4, maximumFractionDigits: 0, roundingPriority: 'morePrecision' });
const counts = new Intl.NumberFormat('en-US');

/** @param {string} id */
function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error('The page has no element ' + id + '.');
  return element;
}

/**
 * @param {string} name
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
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined) return short;
  return code < 0x100 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u' + code.toString(16).padStart(4, '0');
}

/**
 * Text on one line, with control characters as visible escapes.
 *
 * @param {string} text
 */
function visibleText(text) {
  return text.replace(new RegExp(UNSAFE_CHARACTERS, 'gu'), escapeCharacter);
}

/**
 * Text of several lines in which escapes are set off, so that they differ from a text that spells them.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
function visibleLines(text) {
  const parts = text.split(new RegExp('((?![\\n\\t])' + UNSAFE_CHARACTERS.source + ')', 'u'));
  const escaped = parts.map((part, place) => (place % 2 === 0 ? part : escapeCharacter(part)));
  if (parts.length > 2 * MOST_MARKED_ESCAPES) return [escaped.join('')];
  return escaped.map((part, place) => (place % 2 === 0 ? part : make('span', { class: 'escape' }, part)));
}

/**
 * A block of text from data; of a very long one the beginning, and a button that adds what follows.
 *
 * @param {string} text
 * @param {string} label for screen readers, since the block takes the focus to be scrolled
 */
function textBlock(text, label) {
  const block = make('pre', { dir: 'auto', tabindex: '0', role: 'group', 'aria-label': label });
  if (text === '') block.append(make('span', { class: 'escape' }, '(empty)'));
  const more = make('button', { type: 'button' });
  let end = 0;
  const showMore = () => {
    const start = end;
    end = Math.min(text.length, start + SHOWN_CHARACTERS);
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1)) && end < text.length) end++;
    more.remove();
    block.append(make('span', { class: 'stretch' }, ...visibleLines(text.slice(start, end))));
    more.textContent = counts.format(end) + ' of ' + counts.format(text.length) + ' characters are shown; show more';
    if (end < text.length) block.append(more);
  };
  showMore();
  more.addEventListener('click', () => {
    showMore();
    block.focus();
  });
  return block;
}

/** @param {number | null} value */
function figure(value) {
  return value === null ? '–' : figures.format(value);
}

/** @param {number} value */
function signedFigure(value) {
  return (value > 0 ? '+' : '') + figures.format(value);
}
`;
