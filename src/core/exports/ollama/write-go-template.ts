import type { CutTemplate, Gaps, Place } from './cut-chat-template.js';

/** A text as it stands in a template; what Go or a Modelfile would read otherwise becomes a string constant. */
function literal(text: string): string {
  return /\{\{|"""/.test(text) ? `{{ ${JSON.stringify(text)} }}` : text;
}

function sharedEnd(texts: readonly string[]): string {
  let [shared] = texts as [string];
  for (const text of texts) while (!text.endsWith(shared)) shared = shared.slice(1);
  return shared;
}

function sharedBeginning(a: string, b: string): string {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length++;
  return a.slice(0, length);
}

const ROLES = ['system', 'user', 'assistant'] as const;

/** Text before and after the contents of each role, and around the conversation. */
interface Turns {
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  readonly head: string;
  readonly tail: string;
}

/** Texts that belong to one role each, whatever the turn before: `undefined` where they are not that simple. */
function asTurns({ gaps, hasSystem }: CutTemplate): Turns | undefined {
  const into = (role: Place): string[] =>
    [...gaps].flatMap(([key, text]) => (key.endsWith(`>${role}`) ? [text] : []));
  const answer = gaps.get('user>assistant')!;
  const end = gaps.get('user>end')!;
  const beforeUser = sharedEnd(into('user'));
  const without = (gap: string): string => gap.slice(0, gap.length - beforeUser.length);
  const afterAssistant = without(gaps.get('assistant>user')!);
  // What follows a user's content may belong to it or to the answer: most formats close all turns alike.
  const shared = sharedBeginning(answer, end);
  const afterUser = shared.startsWith(afterAssistant) ? afterAssistant : shared;
  const head = without(gaps.get('start>user')!);
  const toSystem = gaps.get('start>system');
  if (hasSystem && !toSystem!.startsWith(head)) return undefined;
  const turns: Turns = {
    head,
    before: {
      user: beforeUser,
      assistant: answer.slice(afterUser.length),
      ...(hasSystem && { system: toSystem!.slice(head.length) }),
    },
    after: {
      user: afterUser,
      assistant: afterAssistant,
      ...(hasSystem && { system: without(gaps.get('system>user')!) }),
    },
    tail: end.slice(afterUser.length),
  };
  const isRight = [...gaps].every(([key, text]) => {
    const [from, to] = key.split('>') as [Place, Place];
    const left = from === 'start' ? head : turns.after[from]!;
    return left + (to === 'end' ? turns.tail : turns.before[to]!) === text;
  });
  return isRight ? turns : undefined;
}

function ofTurns({ before, after, head, tail }: Turns): string {
  const cases = ROLES.filter((role) => before[role] !== undefined).map(
    (role, index) =>
      `{{ ${index === 0 ? 'if' : 'else if'} eq .Role "${role}" }}${literal(before[role]!)}{{ .Content }}${literal(after[role]!)}`,
  );
  return `${literal(head)}{{ range .Messages }}${cases.join('')}{{ end }}{{ end }}${literal(tail)}`;
}

/** What is written before a content, by the role that came before it. */
function ofGaps(gaps: Gaps): string {
  const into = (role: Place): string => {
    const cases = [...gaps].filter(([key]) => key.endsWith(`>${role}`));
    const parts = cases.map(
      ([key, text], index) =>
        `{{ ${index === 0 ? 'if' : 'else if'} eq $previous "${key.split('>')[0]!}" }}${literal(text)}`,
    );
    return cases.length === 1 ? literal(cases[0]![1]) : `${parts.join('')}{{ end }}`;
  };
  const cases = ROLES.filter((role) => [...gaps.keys()].some((key) => key.endsWith(`>${role}`))).map(
    (role, index) =>
      `{{ ${index === 0 ? 'if' : 'else if'} eq .Role "${role}" }}${into(role)}{{ .Content }}{{ $previous = .Role }}`,
  );
  return `{{ $previous := "start" }}{{ range .Messages }}${cases.join('')}{{ end }}{{ end }}${literal(gaps.get('user>end')!)}`;
}

/**
 * The Go template of Ollama that writes what a chat template writes.
 *
 * @param begin text of a token that llama.cpp puts before every prompt itself, and that must not stand there twice
 */
export function writeGoTemplate(cut: CutTemplate, begin: string | undefined): string {
  const gaps = new Map(
    [...cut.gaps].map(([key, text]) => [
      key,
      begin !== undefined && key.startsWith('start>') && text.startsWith(begin)
        ? text.slice(begin.length)
        : text,
    ]),
  );
  const shortened = { ...cut, gaps };
  const turns = asTurns(shortened);
  return turns === undefined ? ofGaps(gaps) : ofTurns(turns);
}
