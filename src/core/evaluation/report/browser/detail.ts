/** Part of the page's script: one sample in full. */
export const DETAIL = String.raw`
const detail = byId('detail');

/**
 * The messages of a chat, or null for a prompt that is none.
 *
 * @param {string} prompt
 * @returns {{ role: string, content: string }[] | null}
 */
function messagesOf(prompt) {
  if (!prompt.startsWith('[')) return null;
  try {
    /** @type {unknown} */
    const messages = JSON.parse(prompt);
    if (!Array.isArray(messages) || messages.length === 0) return null;
    const plain = messages.every(
      (message) => typeof message === 'object' && message !== null && Object.keys(message).length === 2 && typeof message.role === 'string' && typeof message.content === 'string',
    );
    return plain ? messages : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} title
 * @param {...(Node | string)} content
 */
function part(title, ...content) {
  return make('div', {}, make('h4', {}, title), ...content);
}

/** @param {string} prompt */
function promptPart(prompt) {
  const messages = messagesOf(prompt);
  if (messages === null) return part('Prompt', textBlock(prompt, 'Prompt'));
  return part('Prompt', ...messages.flatMap(({ role, content }) => [make('p', { class: 'role', dir: 'auto' }, visibleText(role)), textBlock(content, 'Message')]));
}

/**
 * A titled table from the names of its columns and the cells of its rows; the first cell of a row names it.
 *
 * @param {string} title
 * @param {string[]} columns
 * @param {(Node | string)[][]} rows
 */
function tablePart(title, columns, rows) {
  /** @param {number} column */
  const kind = (column) => (column === 0 ? {} : { class: 'number' });
  return part(
    title,
    make('div', { class: 'scroll', role: 'region', 'aria-label': title, tabindex: '0' }, make(
      'table',
      { 'aria-label': title },
      make('thead', {}, make('tr', {}, ...columns.map((name, column) => make('th', { scope: 'col', ...kind(column) }, name)))),
      make('tbody', {}, ...rows.map((cells) => make('tr', {}, ...cells.map((cell, column) => (column === 0 ? make('th', { scope: 'row', dir: 'auto' }, cell) : make('td', kind(column), cell)))))),
    )),
  );
}

/** Characters of a choice that its table shows. */
const CHOICE_CHARACTERS = 2000;

/** @param {BrowserSample} sample */
function choicesPart({ choices, prediction, targets }) {
  if (choices === null) return [];
  const rows = choices.map(({ text, log_likelihood, probability }) => {
    const signs = [text === prediction ? 'predicted' : '', targets.includes(text) ? 'target' : ''].filter((sign) => sign !== '').join(', ');
    return [make('span', {}, shortText(text, CHOICE_CHARACTERS), ...(signs === '' ? [] : [make('small', {}, signs)])), figure(probability), figure(log_likelihood)];
  });
  return [tablePart('Choices', ['Choice', 'Probability', 'Log-likelihood'], rows)];
}

/** @param {BrowserSample} sample */
function scoresPart(sample) {
  const { baseline } = sample;
  const rows = data.scores.flatMap(({ name }, score) => {
    const now = sample.scores[score] ?? null;
    const before = baseline?.scores[score] ?? null;
    if (now === null && before === null) return [];
    if (baseline === null) return [[visibleText(name), figure(now)]];
    const gain = improvement(sample, score) ?? 0;
    const change = now === null || before === null ? '–' : signedFigure(now - before);
    return [[visibleText(name), figure(before), figure(now), make('span', { class: gain > 0 ? 'better' : gain < 0 ? 'worse' : '' }, change)]];
  });
  if (rows.length === 0) return [];
  return [tablePart('Scores', baseline === null ? ['Score', 'Value'] : ['Score', 'Baseline', 'This', 'Change'], rows)];
}

/** @param {BrowserSample} sample */
function answersPart({ prediction, completion, baseline }) {
  const answers = [part('Prediction', textBlock(prediction, 'Prediction'))];
  if (baseline !== null) answers.push(part('Prediction of the baseline' + verdictWord(baseline.right), textBlock(baseline.prediction, 'Prediction of the baseline')));
  if (completion !== null && completion !== prediction) answers.push(part('Whole completion', textBlock(completion, 'Whole completion')));
  if (baseline !== null && baseline.completion !== null && baseline.completion !== baseline.prediction) {
    answers.push(part('Whole completion of the baseline', textBlock(baseline.completion, 'Whole completion of the baseline')));
  }
  return make('div', { class: baseline === null ? '' : 'side-by-side' }, ...answers);
}

/** @param {BrowserSample} sample */
function factsPart(sample) {
  const facts = [
    ...data.fields.flatMap(({ name, values }, field) => {
      const value = sample.slices[field] ?? null;
      return value === null ? [] : [[visibleText(name), shortText(values[value] ?? '')]];
    }),
    ...(sample.prompt_tokens === null ? [] : [['Tokens of the prompt', counts.format(sample.prompt_tokens)]]),
    ...(sample.completion_tokens === null ? [] : [['Tokens of the completion', counts.format(sample.completion_tokens)]]),
    ['SHA-256 of the row', visibleText(sample.hash)],
  ];
  return part('Row', make('dl', { class: 'facts' }, ...facts.map(([name = '', value = '']) => make('div', {}, make('dt', {}, name), make('dd', { dir: 'auto' }, value)))));
}

/**
 * Links to the samples before and after among those that match.
 *
 * @param {number} place
 */
function neighbours(place) {
  const position = found.indexOf(place);
  /** @type {[string, number | undefined][]} */
  const links = position < 0 ? [] : [['← Previous', found[position - 1]], ['Next →', found[position + 1]]];
  return links.flatMap(([text, neighbour]) => (neighbour === undefined ? [] : [make('a', { href: '#sample-' + neighbour, 'data-step': text.includes('Next') ? 'next' : 'previous' }, text)]));
}

/** @param {BrowserSample} sample */
function questionParts(sample) {
  const { prompt, targets } = sample;
  const targetsPart = part(targets.length === 1 ? 'Target' : 'Targets, each of them right', ...targets.map((target) => textBlock(target, 'Target')));
  const notes = sample.notes.map(({ title, text }) => part(visibleText(title), textBlock(text, 'Note')));
  return [promptPart(prompt), ...(targets.length === 0 ? [] : [targetsPart]), answersPart(sample), ...notes, ...choicesPart(sample)];
}

/** @param {number} place */
function showDetail(place) {
  const sample = data.samples[place];
  if (sample === undefined) return;
  const heading = make('h3', { tabindex: '-1' }, verdictMark(sample.right), (sample.right === null ? '' : ' ') + 'Row ' + sample.index + verdictWord(sample.right));
  const measured = measuredText(sample);
  detail.replaceChildren(
    make('header', {}, heading, make('nav', { 'aria-label': 'Samples' }, make('a', { href: '#samples' }, 'To the list'), ...neighbours(place))),
    ...(measured === undefined ? questionParts(sample) : [part('Text, of log-likelihood ' + figure(measured.log_likelihood), textBlock(measured.text, 'Text'))]),
    ...scoresPart(sample),
    factsPart(sample),
  );
  detail.scrollTop = 0;
  heading.focus({ preventScroll: true });
}
`;
