import { UserError, type ModelServer } from './model-server.js';
import { estimateTokens, splitText } from './split-text.js';

/** Lengths of summaries: what the model is told, and the tokens that it gets for it. */
export const LENGTHS = {
  short: { wish: 'one sentence', tokens: 80 },
  medium: { wish: 'one paragraph of about five sentences', tokens: 250 },
  long: { wish: 'several paragraphs that keep the important details', tokens: 700 },
} as const;

/** Name of a length. */
export type Length = keyof typeof LENGTHS;

/** What the model can take. */
export interface Limits {
  readonly partTokens: number;
  readonly parallelRequests: number;
}

/** A part's summary is this share of the part at most, so that every round makes the text a good deal shorter. */
const PART_SHARE = 0.25;
/** Fewer tokens than these make no part worth summarizing. */
const LEAST_PART_TOKENS = 100;

/**
 * Summarizes a text of any length. One that fits is summarized at once; of a longer one first the parts are (map), and
 * then their summaries together (reduce), in as many rounds as it takes.
 *
 * @param onPart told after each part of a round, rounds counted from 1
 */
export async function summarize(
  text: string,
  length: Length,
  server: ModelServer,
  { partTokens, parallelRequests }: Limits,
  onPart: (done: number, parts: number, round: number) => void,
): Promise<string> {
  if (partTokens < LEAST_PART_TOKENS)
    throw new UserError(`PART_TOKENS must be ${LEAST_PART_TOKENS} or more.`);
  let current = text;
  for (let round = 1; estimateTokens(current) > partTokens; round++) {
    const parts = splitText(current, partTokens);
    let done = 0;
    const summaries = await inParallel(parts, Math.max(1, Math.floor(parallelRequests)), async (part) => {
      const summary = await ask(server, partRequest(part), Math.floor(partTokens * PART_SHARE));
      onPart(++done, parts.length, round);
      return summary;
    });
    const joined = summaries.join('\n\n');
    if (joined.length >= current.length) {
      throw new UserError(
        'The summaries of the parts are no shorter than the parts: this model does not summarize.',
      );
    }
    current = joined;
  }
  const { wish, tokens } = LENGTHS[length];
  return ask(
    server,
    `Summarize the following text in ${wish}. Add nothing to it.\n\n${quoted(current)}`,
    tokens,
  );
}

function partRequest(part: string): string {
  return (
    'The following is part of a longer text. Summarize this part: keep names, numbers and what follows from what. ' +
    `Add nothing to it.\n\n${quoted(part)}`
  );
}

/** The text stands between marks, so that what it says is not taken for the task. */
function quoted(text: string): string {
  return `<text>\n${text}\n</text>`;
}

async function ask({ client, model }: ModelServer, content: string, tokens: number): Promise<string> {
  const { choices } = await client.chat.completions.create({
    model,
    temperature: 0,
    max_tokens: tokens,
    messages: [{ role: 'user', content }],
  });
  const summary = choices[0]?.message.content?.trim() ?? '';
  if (summary === '') throw new UserError('The model answered with nothing.');
  return summary;
}

/** Results in the order of the items, so many of them worked on at once. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
