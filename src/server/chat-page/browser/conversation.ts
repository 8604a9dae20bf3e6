/** Part of the page's script: what has been said, how it is shown, and where it is kept. */
export const CONVERSATION = String.raw`
/** Under this name the tab keeps the conversation and the settings, never the key. */
const STORED = 'chat';
/** Pixels from the end of the conversation within which it follows what is written. */
const NEAR_END = 80;

const list = byId('conversation', HTMLOListElement);
const scrolled = list.closest('main') ?? list;
const emptyNote = byId('empty', HTMLElement);
const announcement = byId('announcement', HTMLElement);

/** @typedef {{ role: 'user' | 'assistant', content: string, model?: string, remark?: string }} Message */

/** @type {Message[]} */
let messages = [];

function followEnd() {
  if (scrolled.scrollHeight - scrolled.scrollTop - scrolled.clientHeight < NEAR_END) toEnd();
}

function toEnd() {
  scrolled.scrollTop = scrolled.scrollHeight;
}

/**
 * The part of the list that shows a message.
 *
 * @param {Message} message
 */
function showMessage(message) {
  const isAnswer = message.role === 'assistant';
  const speaker = isAnswer ? (message.model ?? 'Model') : 'You';
  const text = make('div', { class: 'text', dir: 'auto' }, ...(isAnswer ? formatted(message.content) : visible(message.content)));
  const copy = make('button', { type: 'button', 'aria-label': isAnswer ? 'Copy the answer' : 'Copy your message' }, 'Copy');
  copy.addEventListener('click', () => void copyText(message.content, copy));
  const remark = make('span', {}, message.remark ?? '');
  const item = make(
    'li',
    { class: message.role },
    make('span', { class: 'speaker' }, ...visible(speaker)),
    text,
    make('div', { class: 'under' }, copy, remark),
  );
  list.append(item);
  emptyNote.hidden = true;
  toEnd();
  return { item, text, remark };
}

/**
 * @param {string} text
 * @param {HTMLButtonElement} button
 */
async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    // Browsers give the clipboard to secure origins alone, and only where the reader allows it.
    button.textContent = 'Not allowed here';
  }
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2000);
}

/** Keeps everything but the key for as long as the tab is open. */
function store() {
  const settings = {
    system: systemField.value,
    temperature: temperatureField.value,
    maxTokens: maxTokensField.value,
    model: modelField.value,
    theme: document.documentElement.dataset['theme'],
  };
  try {
    sessionStorage.setItem(STORED, JSON.stringify({ messages, settings }));
  } catch {
    // A full or forbidden storage: the conversation then lasts until the page is left.
  }
}

/** @returns {Record<string, string | undefined>} the settings that the tab has kept */
function restore() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? 'null');
    messages = stored?.messages ?? [];
    messages.forEach(showMessage);
    return stored?.settings ?? {};
  } catch {
    return {};
  }
}
`;
