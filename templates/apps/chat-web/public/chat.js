const list = document.getElementById('conversation');
const announcement = document.getElementById('announcement');
const problem = document.getElementById('problem');
const composer = document.getElementById('composer');
const field = document.getElementById('message');
const sendButton = document.getElementById('send');
const stopButton = document.getElementById('stop');

/** What has been said; a reload of the page forgets it, and Clear puts another in its place. */
let messages = [];
/** Stops the answer that is being written. */
let writing = null;

/** A message in the list; its text is text, whatever a model writes. */
function show({ role, content }) {
  const item = document.createElement('li');
  item.className = role;
  item.dir = 'auto';
  item.textContent = content;
  list.append(item);
  item.scrollIntoView({ block: 'end' });
  return item;
}

/** The lines of an answer as they come, each a piece of JSON. */
async function* jsonLines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function answer() {
  const asked = messages;
  writing = new AbortController();
  sendButton.hidden = true;
  stopButton.hidden = false;
  problem.textContent = '';
  const message = { role: 'assistant', content: '' };
  let item = null;
  try {
    const response = await fetch('api/chat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ messages: asked }),
      signal: writing.signal,
    });
    if (!response.ok) throw new Error((await response.json()).error);
    for await (const { text, error } of jsonLines(response.body)) {
      if (error !== undefined) throw new Error(error);
      item ??= show(message);
      message.content += text;
      item.append(text);
      item.scrollIntoView({ block: 'end' });
    }
    announcement.textContent = message.content;
  } catch (error) {
    // What the browser itself says of a connection that breaks tells nobody what to do.
    const isGone = error instanceof TypeError;
    if (!writing.signal.aborted)
      problem.textContent = isGone ? 'The chat server does not answer. Is it still running?' : error.message;
  }
  if (message.content !== '') asked.push(message);
  else if (asked === messages) takeBack();
  writing = null;
  sendButton.hidden = false;
  stopButton.hidden = true;
  field.focus();
}

/** Models want question and answer in turn: one that was not answered goes back where it was written. */
function takeBack() {
  const question = messages.pop();
  list.lastElementChild.remove();
  if (field.value === '') field.value = question.content;
}

function send() {
  const content = field.value.trim();
  if (content === '' || writing !== null) return;
  field.value = '';
  const message = { role: 'user', content };
  messages.push(message);
  show(message);
  void answer();
}

composer.addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
field.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') writing?.abort();
});
stopButton.addEventListener('click', () => writing?.abort());
document.getElementById('clear').addEventListener('click', () => {
  writing?.abort();
  messages = [];
  list.replaceChildren();
  problem.textContent = '';
  field.focus();
});
field.focus();
