import { quoteName } from '../checkpoints/quote-name.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { fingerprintFile } from '../project/fingerprint.js';
import { canonicalJson } from './canonical-json.js';
import { endNotScored } from './end-not-scored.js';
import type { ProviderKind, ProviderPorts } from './provider-ports.js';
import type {
  Completion,
  CompletionRequest,
  ContinuationScore,
  Prompt,
  Provider,
  ScoreRequest,
} from './provider.js';
import { readRecordedRows, type RecordedRow, type RecordedScore } from './recorded-rows.js';

/** Longest part of a prompt that a message repeats, in characters. */
const LONGEST_QUOTE = 60;

/** A text and a conversation of nothing but that text ask for the same. */
function promptKey(prompt: Prompt): string {
  if (prompt.kind === 'text') return prompt.text;
  const [first, ...others] = prompt.messages;
  return others.length === 0 && first?.role === 'user' ? first.content : canonicalJson(prompt.messages);
}

/** Names a row as well as can be. */
function describe(id: string | undefined, prompt: Prompt | undefined): string {
  if (id !== undefined) return `id ${quoteName(id)}`;
  const text = prompt === undefined ? '' : promptKey(prompt);
  return `the prompt ${quoteName(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text)}`;
}

function isSame(a: RecordedRow, b: RecordedRow): boolean {
  return canonicalJson(a.output) === canonicalJson(b.output);
}

function isCompletion(output: RecordedRow['output']): output is Completion {
  return !Array.isArray(output);
}

/** What was recorded of one row: one output, or several tries whose outcomes are known. */
type RecordedTries = [RecordedRow, ...RecordedRow[]];

/** Whether a row is one of several that may answer the same. */
function isTry({ output }: RecordedRow): boolean {
  return isCompletion(output) && output.passed !== undefined;
}

/** Outputs of any model, made elsewhere. Rows are found by id, or else by prompt. */
class RecordedProvider implements Provider {
  readonly id: string;
  readonly contextLength = null;
  readonly isWorthCaching = false;
  readonly usual = { concurrency: 1, timeoutSeconds: null };
  private readonly byId = new Map<string, RecordedTries>();
  private readonly byPrompt = new Map<string, RecordedTries>();
  /** Prompts that rows with ids of their own answer differently. */
  private readonly ambiguous = new Set<string>();

  constructor(
    private readonly path: string,
    private readonly ports: ProviderPorts,
  ) {
    this.id = `recorded:${path}`;
  }

  /** @throws ToolkitError `BAD_DATASET` for a row that only says something else than another */
  add(row: RecordedRow): void {
    const { id, prompt } = row;
    if (id !== undefined) {
      const [earlier] = this.byId.get(id) ?? [];
      const isAnother = earlier !== undefined && isTry(earlier) && isTry(row);
      // lm-evaluation-harness logs a row once for each of its filters.
      if (earlier !== undefined && !isAnother && !isSame(earlier, row)) throw this.conflict(row, earlier);
      enter(this.byId, id, row, isAnother);
    }
    if (prompt !== undefined) {
      const key = promptKey(prompt);
      const [earlier] = this.byPrompt.get(key) ?? [];
      const isAnother = earlier !== undefined && isTry(earlier) && isTry(row) && earlier.id === id;
      if (earlier !== undefined && !isAnother && !isSame(earlier, row)) {
        if (id === undefined || earlier.id === undefined) throw this.conflict(row, earlier);
        this.ambiguous.add(key);
      }
      enter(this.byPrompt, key, row, isAnother);
    }
  }

  async fingerprint(signal?: AbortSignal): Promise<string> {
    const { files, clock, onProgress = () => undefined } = this.ports;
    const ports = { files, now: () => clock.now(), onProgress, ...(signal && { signal }) };
    return `recorded:${(await fingerprintFile(this.path, ports))?.sha256 ?? ''}`;
  }

  async complete({ id, prompt, attempt }: CompletionRequest): Promise<Completion> {
    const { output, line } = this.find(id, prompt, attempt);
    if (isCompletion(output)) return output;
    throw this.wrongKind(line, 'scores of continuations, not an answer');
  }

  async scoreContinuations(request: ScoreRequest): Promise<ContinuationScore[]> {
    const { id, prompt, continuations, withEnd = false } = request;
    if (withEnd) throw endNotScored(this.id);
    const { output, line } = this.find(id, prompt);
    if (isCompletion(output)) throw this.wrongKind(line, 'an answer, not scores of continuations');
    return continuations.map((continuation) => {
      const score = findScore(output, prompt, continuation);
      if (score === undefined) {
        throw this.wrongKind(line, `no score of the continuation ${quoteName(continuation)}`);
      }
      const { logLikelihood, isGreedy } = score;
      return { logLikelihood, isGreedy, tokens: null, bytes: Buffer.byteLength(continuation) };
    });
  }

  async close(): Promise<void> {
    // The file was closed when all of it had been read.
  }

  private conflict(row: RecordedRow, earlier: RecordedRow): ToolkitError {
    return new ToolkitError(
      `${this.path}:${row.line}: has another output for ${describe(row.id, row.prompt)} than line ${earlier.line}`,
      'BAD_DATASET',
      'Keep one of them, or give each an id of its own.',
    );
  }

  private find(id: string | undefined, prompt: Prompt, attempt = 0): RecordedRow {
    const key = promptKey(prompt);
    const ofId = id === undefined ? undefined : this.byId.get(id);
    if (ofId === undefined && this.ambiguous.has(key)) {
      throw new ToolkitError(
        `${this.path}: has several outputs for ${describe(undefined, prompt)}`,
        'BAD_DATASET',
        'Give the rows to be scored the ids of the recorded ones.',
      );
    }
    const rows = ofId ?? this.byPrompt.get(key);
    const row = rows?.[attempt];
    if (row !== undefined) return row;
    if (rows !== undefined) {
      throw new ToolkitError(
        `${this.path}: has ${rows.length} of the ${attempt + 1} or more tries that are asked for, of ${describe(id, prompt)}`,
        'BAD_DATASET',
        'Record every try with "passed": true or false, or ask for fewer samples.',
      );
    }
    throw new ToolkitError(
      `${this.path}: has no output for ${describe(id, prompt)}`,
      'BAD_DATASET',
      'Record all rows that are to be scored, with their ids or their prompts as they are here.',
    );
  }

  private wrongKind(line: number, what: string): ToolkitError {
    return new ToolkitError(
      `${this.path}:${line}: holds ${what}`,
      'BAD_DATASET',
      'Choose a metric of the kind of what was recorded.',
    );
  }
}

function enter(map: Map<string, RecordedTries>, key: string, row: RecordedRow, isAnother: boolean): void {
  if (isAnother) map.get(key)!.push(row);
  else map.set(key, [row]);
}

/** Where prompts are written differently, a continuation is found by itself, if there is but one such. */
function findScore(
  scores: readonly RecordedScore[],
  prompt: Prompt,
  continuation: string,
): RecordedScore | undefined {
  const exact = scores.find(
    (score) => prompt.kind === 'text' && score.prompt + score.continuation === prompt.text + continuation,
  );
  // The harness writes the space between the two at the continuation.
  const alike = scores.filter((score) => score.continuation.trimStart() === continuation.trimStart());
  return exact ?? (alike.length === 1 ? alike[0] : undefined);
}

/** Outputs in a JSON Lines file. */
export const recorded: ProviderKind = {
  name: 'recorded',
  form: 'recorded:FILE',
  options: [],
  async open(path, _options, ports) {
    const provider = new RecordedProvider(path, ports);
    for await (const row of readRecordedRows(ports.files, path)) provider.add(row);
    return provider;
  },
};
