import type { TokenEvent } from '../../core/generation/generate.js';
import type { GenerateTextResult } from '../../lifecycle/generate/generate-text.js';
import { formatCount, formatFigure } from '../format.js';
import type { Style } from '../style.js';
import { sanitizeForTerminal, sanitizeLinesForTerminal, truncateToWidth } from '../terminal-text.js';

/** Cells of a prompt shown above its answer. */
const HEADING_CELLS = 72;

/**
 * Writes answers as they come, one after the other: of several that are generated at once the first that is not
 * finished is shown live, the others when their turn comes. With several prompts each answer has its prompt above it.
 */
export class CompletionWriter {
  private readonly waiting: TokenEvent[][];
  private current = -1;

  constructor(
    private readonly prompts: readonly string[],
    private readonly style: Style,
    private readonly write: (text: string) => void,
  ) {
    this.waiting = prompts.map(() => []);
  }

  take(event: TokenEvent): void {
    this.waiting[event.prompt]!.push(event);
    if (this.current < 0) this.beginNext();
    for (let next = this.waiting[this.current]?.shift(); next; next = this.waiting[this.current]?.shift()) {
      this.write(sanitizeLinesForTerminal(next.text));
      if (next.finishReason === undefined) continue;
      this.write('\n');
      this.beginNext();
    }
  }

  private beginNext(): void {
    const prompt = this.prompts[++this.current];
    if (prompt === undefined || this.prompts.length === 1) return;
    const heading = truncateToWidth(sanitizeForTerminal(prompt), HEADING_CELLS);
    this.write(`${this.current === 0 ? '' : '\n'}${this.style.heading(`${this.current + 1}. ${heading}`)}\n`);
  }
}

/** Counts and speed on one line, e.g. `128 tokens (length), 23.1 tokens/s, seed 7`. */
export function describeGeneration({ completions, tokens_per_second, seed }: GenerateTextResult): string {
  const tokens = completions.reduce((sum, { completion_tokens }) => sum + completion_tokens, 0);
  const reasons = [...new Set(completions.map(({ finish_reason }) => finish_reason))].join(', ');
  const parts = [`${formatCount(tokens)} ${tokens === 1 ? 'token' : 'tokens'} (${reasons})`];
  if (tokens_per_second !== null) parts.push(`${formatFigure(tokens_per_second)} tokens/s`);
  if (seed !== null) parts.push(`seed ${seed}`);
  return parts.join(', ');
}
