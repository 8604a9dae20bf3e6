/** Part of the page's script: what keys, buttons and fields do. */
export const CONTROLS = String.raw`
const composer = byId('composer', HTMLFormElement);
const messageField = byId('message', HTMLTextAreaElement);
const sendButton = byId('send', HTMLButtonElement);
const stopButton = byId('stop', HTMLButtonElement);
const clearButton = byId('clear', HTMLButtonElement);
const themeButton = byId('theme', HTMLButtonElement);
const modelField = byId('model', HTMLSelectElement);
const systemField = byId('system', HTMLTextAreaElement);
const temperatureField = byId('temperature', HTMLInputElement);
const maxTokensField = byId('max-tokens', HTMLInputElement);
const keyForm = byId('key-form', HTMLFormElement);
const keyField = byId('key', HTMLInputElement);
const problemBox = byId('problem', HTMLElement);
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

/** Stops the answer that is being written. @type {AbortController | null} */
let writing = null;

/**
 * @param {string | null} message
 * @param {() => void} [again] what the reader may try once more
 */
function showProblem(message, again) {
  problemBox.replaceChildren(...visible(message ?? ''));
  problemBox.hidden = message === null;
  toEnd();
  if (message === null || again === undefined) return;
  const button = make('button', { type: 'button' }, 'Try again');
  button.addEventListener('click', again);
  problemBox.append(button);
}

/**
 * @param {unknown} error
 * @param {() => void} again
 */
function showFailure(error, again) {
  if (error instanceof Failure && error.status === 401) {
    showProblem(keyField.value === '' ? 'The server asks for an API key.' : 'The server does not take this API key.');
    keyForm.hidden = false;
    keyField.focus();
    return;
  }
  showProblem(error instanceof Error ? error.message : String(error), again);
}

async function loadModels() {
  try {
    const names = await listModels();
    const chosen = modelField.value || wantedModel;
    modelField.replaceChildren(...names.map((name) => make('option', { value: name }, ...visible(name))));
    if (chosen !== undefined && names.includes(chosen)) modelField.value = chosen;
    showProblem(names.length === 0 ? 'The server has no model.' : null, () => void loadModels());
    return names.length > 0;
  } catch (error) {
    showFailure(error, () => void loadModels());
    return false;
  }
}

/** @returns {object | null} the request for the next answer, or null where a field is not right */
function nextRequest() {
  for (const field of [temperatureField, maxTokensField]) {
    if (field.checkValidity()) continue;
    byId('settings', HTMLDetailsElement).open = true;
    field.reportValidity();
    return null;
  }
  const system = systemField.value.trim();
  /** @type {{ role: string, content: string }[]} */
  const turns = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    // Many models want question and answer in turn; a question that got none goes with the next.
    if (last?.role === role) last.content += '\n\n' + content;
    else turns.push({ role, content });
  }
  return {
    model: modelField.value,
    messages: [
      ...(system === '' ? [] : [{ role: 'system', content: system }]),
      ...turns,
    ],
    ...(temperatureField.value !== '' && { temperature: temperatureField.valueAsNumber }),
    ...(maxTokensField.value !== '' && { max_tokens: maxTokensField.valueAsNumber }),
  };
}

/** @param {boolean} isWriting */
function setWriting(isWriting) {
  sendButton.hidden = isWriting;
  stopButton.hidden = !isWriting;
  clearButton.disabled = isWriting;
}

/** Asks for an answer to what was said last, and writes it as it comes. */
async function answer() {
  const request = nextRequest();
  if (request === null || writing !== null) return;
  showProblem(null);
  const stop = new AbortController();
  writing = stop;
  setWriting(true);
  /** @type {Message} */
  const message = { role: 'assistant', content: '', model: modelField.value };
  const { item, text, remark } = showMessage(message);
  item.classList.add('writing');
  const start = performance.now();
  /** @type {unknown} */
  let failure;
  try {
    const { tokens, reason } = await streamAnswer(request, stop.signal, (piece) => {
      message.content += piece;
      text.append(...visible(piece));
      followEnd();
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(1) + ' s';
    const length = tokens === undefined ? '' : tokens + (tokens === 1 ? ' token, ' : ' tokens, ');
    message.remark = length + seconds + (reason === 'length' ? '; cut at the longest length' : '');
  } catch (error) {
    if (!stop.signal.aborted) failure = error;
    message.remark = stop.signal.aborted ? 'stopped' : 'broken off';
  }
  writing = null;
  item.classList.remove('writing');
  setWriting(false);
  if (message.content === '') item.remove();
  else {
    messages.push(message);
    text.replaceChildren(...formatted(message.content));
    remark.textContent = message.remark;
    followEnd();
    announcement.replaceChildren(...visible('Answer, ' + message.remark + ': ' + message.content));
  }
  emptyNote.hidden = messages.length > 0;
  store();
  messageField.focus();
  if (failure !== undefined) showFailure(failure, () => void answerAnew());
}

/** What was broken off is not part of the conversation when its answer is asked for once more. */
async function answerAnew() {
  if (messages.at(-1)?.role === 'assistant') {
    messages.pop();
    list.lastElementChild?.remove();
  }
  if (modelField.value !== '' || (await loadModels())) await answer();
}

function send() {
  const content = messageField.value.trim();
  if (content === '' || writing !== null) return;
  messageField.value = '';
  /** @type {Message} */
  const message = { role: 'user', content };
  messages.push(message);
  showMessage(message);
  store();
  void answerAnew();
}

function stopWriting() {
  writing?.abort();
}

function clearConversation() {
  messages = [];
  list.replaceChildren();
  announcement.replaceChildren();
  emptyNote.hidden = false;
  showProblem(null);
  store();
  messageField.focus();
}

function showTheme() {
  const { theme } = document.documentElement.dataset;
  themeButton.setAttribute('aria-pressed', String(theme === undefined ? prefersDark.matches : theme === 'dark'));
}

function turnTheme() {
  const isDark = themeButton.getAttribute('aria-pressed') === 'true';
  document.documentElement.dataset['theme'] = isDark ? 'light' : 'dark';
  showTheme();
  store();
}

composer.addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
messageField.addEventListener('keydown', (event) => {
  // While an input method composes a character, Enter belongs to it.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') stopWriting();
});
stopButton.addEventListener('click', stopWriting);
clearButton.addEventListener('click', clearConversation);
themeButton.addEventListener('click', turnTheme);
prefersDark.addEventListener('change', showTheme);
keyForm.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (!(await loadModels())) return;
  keyForm.hidden = true;
  messageField.focus();
  if (messages.at(-1)?.role === 'user') void answer();
});
for (const field of [systemField, temperatureField, maxTokensField, modelField]) field.addEventListener('change', store);

const { system = '', temperature = '', maxTokens = '', model: wantedModel, theme } = restore();
systemField.value = system;
temperatureField.value = temperature;
maxTokensField.value = maxTokens;
if (theme !== undefined) document.documentElement.dataset['theme'] = theme;
showTheme();
void loadModels();
messageField.focus();
`;
