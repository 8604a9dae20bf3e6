import { ToolkitError } from '../../errors/toolkit-error.js';
import type { ChatMessage } from '../../tokenizers/chat-message.js';

/** Roles that a template is cut for, and where a conversation begins and ends. */
export type Place = 'start' | 'system' | 'user' | 'assistant' | 'end';

/** What a chat template writes between two contents, by the roles before and after: `start>user`, `user>end` … */
export type Gaps = ReadonlyMap<`${Place}>${Place}`, string>;

/** A chat template as text between contents. */
export interface CutTemplate {
  readonly gaps: Gaps;
  /** What the template puts as the system prompt where there is none. */
  readonly defaultSystem: string | undefined;
  /** Whether it takes messages with the role `system`. */
  readonly hasSystem: boolean;
}

/** Renders a conversation up to where the model is to answer. */
export type RenderChat = (messages: readonly ChatMessage[]) => string;

type Role = 'system' | 'user' | 'assistant';

/** Turns that are told apart: the first, one in the middle, the last; with and without a system prompt. */
const SHAPES: readonly (readonly Role[])[] = [
  ['user'],
  ['user', 'assistant', 'user'],
  ['user', 'assistant', 'user', 'assistant', 'user'],
  ['system', 'user'],
  ['system', 'user', 'assistant', 'user'],
  ['system', 'user', 'assistant', 'user', 'assistant', 'user'],
];

/** Contents that no template writes of its own accord and none changes. */
function sentinel(index: number): string {
  return `zq${index}content${index}qz`;
}

function unfit(problem: string): ToolkitError {
  return new ToolkitError(`the chat template ${problem}`, 'UNSUPPORTED');
}

/**
 * Finds out what a chat template writes before, between and after contents, by rendering conversations of marked contents
 * and cutting the marks out.
 *
 * @throws ToolkitError `UNSUPPORTED`, with what it does that texts between contents cannot express
 */
export function cutChatTemplate(render: RenderChat): CutTemplate {
  const gaps = new Map<`${Place}>${Place}`, string>();
  let hasSystem = true;
  for (const roles of SHAPES) {
    const messages = roles.map((role, index) => ({ role, content: sentinel(index) }));
    let text: string;
    try {
      text = render(messages);
    } catch (error) {
      if (!(error instanceof ToolkitError) || roles[0] !== 'system') throw error;
      hasSystem = false;
      continue;
    }
    const places: readonly Place[] = ['start', ...roles, 'end'];
    for (const [index, gap] of cut(text, roles.length).entries()) {
      const key = `${places[index]!}>${places[index + 1]!}` as const;
      const known = gaps.get(key);
      if (known !== undefined && known !== gap) {
        throw unfit(
          `writes ${JSON.stringify(known)} or ${JSON.stringify(gap)} between ${places[index]!} and ${places[index + 1]!}, by what comes before or after`,
        );
      }
      gaps.set(key, gap);
    }
  }
  return { gaps, hasSystem, defaultSystem: hasSystem ? defaultSystemOf(gaps) : undefined };
}

function cut(text: string, count: number): string[] {
  const found: string[] = [];
  let rest = text;
  for (let index = 0; index < count; index++) {
    const parts = rest.split(sentinel(index));
    if (parts.length === 1) throw unfit('leaves contents out, or puts them in another order');
    if (parts.length > 2) throw unfit('repeats contents');
    found.push(parts[0]!);
    rest = parts[1]!;
  }
  return [...found, rest];
}

/** What stands where a system prompt would, in a conversation without one. */
function defaultSystemOf(gaps: Gaps): string | undefined {
  const [before, after, whole] = [
    gaps.get('start>system')!,
    gaps.get('system>user')!,
    gaps.get('start>user')!,
  ];
  if (!whole.startsWith(before) || !whole.endsWith(after)) return undefined;
  return whole.slice(before.length, whole.length - after.length) || undefined;
}
