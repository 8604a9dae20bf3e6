import { ToolkitError } from '../../errors/toolkit-error.js';
import type { ProgressListener } from '../../progress/progress-event.js';
import { LogitComparison, logSumExp } from './compare-logits.js';
import type { ExportRunner, SpecialToken } from './export-runner.js';
import type { Limits } from './limits.js';
import { PROBE_CONVERSATIONS, PROBE_TEXTS } from './probe-texts.js';

/** One thing that was compared. */
export interface VerificationRow {
  readonly check: string;
  readonly original: string;
  readonly exported: string;
  /** What is held against the limit. */
  readonly value: number | null;
  readonly limit: number | null;
  /** `note`: it differs, and does no harm, or is not judged. */
  readonly verdict: 'pass' | 'fail' | 'note';
  /** The first difference. */
  readonly detail: string | null;
}

/** What is compared with. */
export interface ComparisonSettings {
  /** Further prompts of the user. */
  readonly prompts: readonly string[];
  /** Texts that perplexity is taken of. */
  readonly prose: readonly string[];
}

/** What comparing needs from outside. */
export interface ComparisonPorts {
  readonly onProgress: ProgressListener;
  readonly signal?: AbortSignal | undefined;
}

/** Tokens that are generated greedily. */
const GREEDY_TOKENS = 64;
/** Prompts that are continued. */
const GREEDY_PROMPTS = 4;
/** Tokens of a text whose logits are held at once: 128 rows of 150,000 numbers take 77 MB. */
const LONGEST_TEXT = 128;
/** Characters shown around a difference. */
const SHOWN = 24;

/** A conversation as a runner sees it; `undefined` where its template refuses it. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof ToolkitError) return undefined;
    throw error;
  }
}

function counted<T>(
  check: string,
  cases: readonly T[],
  differenceOf: (one: T) => string | undefined,
): VerificationRow {
  const differences = cases.flatMap((one) => differenceOf(one) ?? []);
  const same = cases.length - differences.length;
  return {
    check,
    original: String(cases.length),
    exported: `${same} the same`,
    value: same,
    limit: cases.length,
    verdict: differences.length === 0 ? 'pass' : 'fail',
    detail: differences[0] ?? null,
  };
}

function equality(check: string, original: string, exported: string, detail?: string): VerificationRow {
  const isSame = original === exported;
  const shown = isSame ? null : (detail ?? null);
  return {
    ...{ check, original, exported, value: null, limit: null },
    verdict: isSame ? 'pass' : 'fail',
    detail: shown,
  };
}

function firstDifference<T>(a: ArrayLike<T>, b: ArrayLike<T>): number | undefined {
  for (let index = 0; index < Math.max(a.length, b.length); index++) if (a[index] !== b[index]) return index;
  return undefined;
}

function textDifference(original: string, exported: string): string | undefined {
  const at = firstDifference(original, exported);
  if (at === undefined) return undefined;
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - SHOWN), at + SHOWN));
  return `at character ${at}: ${around(original)} became ${around(exported)}`;
}

function idDifference(
  what: string,
  original: readonly number[],
  exported: readonly number[],
): string | undefined {
  const at = firstDifference(original, exported);
  if (at === undefined) return undefined;
  const around = (ids: readonly number[]): string =>
    `[${ids.slice(Math.max(0, at - 2), at + 4).join(', ')}${at + 4 < ids.length ? ', …' : ''}]`;
  return `${JSON.stringify(what.slice(0, SHOWN * 2))}, token ${at}: ${around(original)} became ${around(exported)}`;
}

/** What stands before and after a text that is begun and ended. */
function surroundings(runner: ExportRunner): string {
  const [text] = PROBE_TEXTS as [string];
  const plain = runner.tokenize(text, false);
  const whole = runner.tokenize(text, true);
  const start = whole.findIndex((_, index) => plain.every((id, offset) => whole[index + offset] === id));
  if (start < 0) return 'other tokens';
  const ids = (part: readonly number[]): string => (part.length === 0 ? 'nothing' : part.join(' '));
  return `${ids(whole.slice(0, start))} … ${ids(whole.slice(start + plain.length))}`;
}

function special(token: SpecialToken | undefined): string {
  return token === undefined ? 'none' : `${token.id} ${JSON.stringify(token.text)}`;
}

function endsOf(runner: ExportRunner): number[] {
  return Array.from({ length: runner.vocabulary }, (_, id) => id).filter((id) => runner.isEnd(id));
}

function stopRow(original: ExportRunner, exported: ExportRunner): VerificationRow {
  const [expected, found] = [endsOf(original), endsOf(exported)];
  const missing = expected.filter((id) => !found.includes(id));
  const further = found.filter((id) => !expected.includes(id));
  // llama.cpp takes every token for an end that any model ends with: those never stand within an answer.
  const ordinary = further.filter((id) => original.isSpecial?.(id) === false);
  const problem =
    (missing.length > 0 && `${missing.join(', ')} does not end an answer in the export`) ||
    (ordinary.length > 0 && `${ordinary.join(', ')}, part of texts, ends an answer in the export`);
  return {
    ...{ check: 'stop tokens', original: expected.join(' ') || 'none', exported: found.join(' ') || 'none' },
    ...{ value: missing.length + ordinary.length, limit: 0 },
    verdict: problem ? 'fail' : further.length > 0 ? 'note' : 'pass',
    detail: problem || (further.length > 0 ? `${further.join(', ')} ends an answer in the export too` : null),
  };
}

/**
 * Tokens of texts. llama.cpp never composes characters, and tokenizers such as Qwen's do: where the export takes the
 * composed text as the original takes the text, it is the same model, fed differently.
 */
function textTokens(
  original: ExportRunner,
  exported: ExportRunner,
  texts: readonly string[],
): VerificationRow {
  const difference = (text: string, fed: string): string | undefined =>
    idDifference(text, original.tokenize(text, false), exported.tokenize(fed, false));
  const row = counted('tokens of texts', texts, (text) => difference(text, text));
  const isComposed = texts.every((text) => difference(text, text.normalize('NFC')) === undefined);
  if (row.verdict === 'pass' || !isComposed) return row;
  return {
    ...row,
    verdict: 'note',
    detail: `the export does not compose characters (NFC) as the original does, give it composed text: ${row.detail}`,
  };
}

/**
 * Texts and tokens: what both make of the same conversations and texts, and what begins and ends them.
 */
export function compareTexts(
  original: ExportRunner,
  exported: ExportRunner,
  prompts: readonly string[],
): VerificationRow[] {
  const rows: VerificationRow[] = [];
  const conversations = PROBE_CONVERSATIONS.filter(
    (messages) => original.hasChatTemplate && attempt(() => original.renderChat(messages)) !== undefined,
  );
  if (original.hasChatTemplate !== exported.hasChatTemplate) {
    const says = ({ hasChatTemplate }: ExportRunner): string => (hasChatTemplate ? 'has one' : 'has none');
    rows.push(equality('chat template', says(original), says(exported)));
  } else if (conversations.length > 0) {
    rows.push(
      counted('chat template', conversations, (messages) =>
        textDifference(
          original.renderChat(messages),
          attempt(() => exported.renderChat(messages)) ?? '(refused)',
        ),
      ),
      counted('tokens of chats', conversations, (messages) =>
        idDifference(
          messages.at(-1)!.content,
          original.encodeChat(messages),
          attempt(() => exported.encodeChat(messages)) ?? [],
        ),
      ),
    );
  }
  rows.push(
    textTokens(original, exported, [...PROBE_TEXTS, ...prompts]),
    equality(
      'around a text',
      surroundings(original),
      surroundings(exported),
      'what is put before and after a prompt',
    ),
  );
  if (original.begin !== undefined) {
    rows.push(equality('begin of sequence', special(original.begin), special(exported.begin)));
  }
  if (original.end !== undefined) {
    rows.push(equality('end of sequence', special(original.end), special(exported.end)));
  }
  rows.push(stopRow(original, exported));
  return rows;
}

/** Token ids that both models read, as the original makes them. */
interface Sequences {
  readonly probes: readonly (readonly number[])[];
  readonly prose: readonly (readonly number[])[];
  /** To be continued. */
  readonly prompts: readonly (readonly number[])[];
}

function sequencesFor(
  original: ExportRunner,
  contextLength: number,
  { prompts, prose }: ComparisonSettings,
): Sequences {
  const longest = Math.min(LONGEST_TEXT, contextLength);
  const cut = (ids: readonly number[]): readonly number[] => ids.slice(0, longest);
  const chats = original.hasChatTemplate
    ? PROBE_CONVERSATIONS.flatMap((messages) => {
        const ids = attempt(() => original.encodeChat(messages));
        return ids === undefined ? [] : [ids];
      })
    : [];
  const given = prompts.map((text) => original.tokenize(text, true));
  const texts = PROBE_TEXTS.map((text) => original.tokenize(text, true));
  const continued = [...given, ...chats, ...texts].filter(
    ({ length }) => length > 0 && length < contextLength - 1,
  );
  return {
    probes: [...given, ...chats, ...texts].map(cut).filter(({ length }) => length > 0),
    prose: prose.flatMap((text) => {
      const ids = original.tokenize(text, true);
      const windows = Math.ceil(ids.length / longest);
      return Array.from({ length: windows }, (_, index) =>
        ids.slice(index * longest, (index + 1) * longest),
      ).filter(({ length }) => length > 1);
    }),
    prompts: continued.slice(0, GREEDY_PROMPTS),
  };
}

/** Sum of -ln p of each token after the first. */
function surprise(tokens: readonly number[], logits: readonly Float32Array[]): number {
  let sum = 0;
  for (let index = 1; index < tokens.length; index++) {
    const row = logits[index - 1]!;
    sum += logSumExp(row) - row[tokens[index]!]!;
  }
  return sum;
}

function measured(
  check: string,
  exported: string,
  value: number,
  limit: number | null,
  isReached: boolean,
  original = '',
): VerificationRow {
  return {
    ...{ check, original, exported, value, limit },
    verdict: limit === null ? 'note' : isReached ? 'pass' : 'fail',
    detail: null,
  };
}

const figure = (value: number): string =>
  Number.isFinite(value) ? (value === 0 ? '0' : Number(value.toPrecision(4)).toString()) : String(value);

/** A model that an export is held against, and how far it may be from it. */
export interface Reference {
  readonly runner: ExportRunner;
  readonly limits: Limits;
}

/** What is gathered of one reference. */
class ReferenceComparison {
  private readonly logits = new LogitComparison();
  private readonly surprises = { reference: 0, exported: 0, tokens: 0 };
  private readonly greedy = { same: 0, total: 0, detail: null as string | null };

  constructor(private readonly reference: Reference) {}

  /** @param isProse counts for the perplexity */
  async addText(tokens: readonly number[], found: readonly Float32Array[], isProse: boolean): Promise<void> {
    const { runner } = this.reference;
    const expected = await runner.logits(tokens);
    if (expected.some((logits) => logits.some(Number.isNaN))) {
      throw new ToolkitError(
        `${runner.name} predicts NaN: nothing can be held against it`,
        'BAD_CHECKPOINT',
        'Such weights come of a training that diverged: take an earlier checkpoint.',
      );
    }
    expected.forEach((logits, index) => this.logits.add(logits, found[index]!));
    if (!isProse) return;
    this.surprises.reference += surprise(tokens, expected);
    this.surprises.exported += surprise(tokens, found);
    this.surprises.tokens += tokens.length - 1;
  }

  /** Greedy answers up to the first token that differs; one that was as likely but for rounding is no difference. */
  async addAnswer(prompt: readonly number[], count: number, found: readonly number[]): Promise<void> {
    const { runner, limits } = this.reference;
    const expected = await runner.greedy(prompt, count);
    const at = firstDifference(expected, found);
    this.greedy.total += expected.length;
    this.greedy.same += at ?? expected.length;
    if (at === undefined || limits.sameGreedy === null) return;
    const [wanted, got] = [expected[at], found[at]];
    if (wanted !== undefined && got !== undefined && prompt.length + at < LONGEST_TEXT) {
      const logits = (await runner.logits([...prompt, ...expected.slice(0, at)])).at(-1)!;
      if (logits[wanted]! - logits[got]! <= (limits.largestError ?? 0)) {
        this.greedy.same += expected.length - at;
        return;
      }
    }
    this.greedy.detail ??= `token ${at} of an answer: ${wanted ?? 'the end'} became ${got ?? 'the end'}`;
  }

  get rows(): VerificationRow[] {
    const { limits } = this.reference;
    const { distance } = this.logits;
    const { same, total, detail } = this.greedy;
    const share = total === 0 ? 1 : same / total;
    const { reference, exported, tokens } = this.surprises;
    const change = Math.abs(exported - reference) / tokens;
    return [
      measured(
        'KL divergence, mean',
        figure(distance.meanDivergence),
        distance.meanDivergence,
        limits.meanDivergence,
        distance.meanDivergence <= limits.meanDivergence,
        `${distance.positions} positions`,
      ),
      measured(
        'KL divergence, largest',
        figure(distance.largestDivergence),
        distance.largestDivergence,
        limits.largestDivergence,
        distance.largestDivergence <= (limits.largestDivergence ?? 0),
      ),
      measured(
        'same likeliest token',
        `${figure(100 * distance.sameLikeliest)} %`,
        distance.sameLikeliest,
        limits.sameLikeliest,
        distance.sameLikeliest >= limits.sameLikeliest,
      ),
      measured(
        'largest error of a logit',
        figure(distance.largestError),
        distance.largestError,
        limits.largestError,
        distance.largestError <= (limits.largestError ?? 0),
      ),
      {
        ...measured(
          'greedy tokens',
          `${same} the same`,
          share,
          limits.sameGreedy,
          share >= (limits.sameGreedy ?? 0),
          String(total),
        ),
        detail,
      },
      ...(tokens === 0
        ? []
        : [
            measured(
              'perplexity',
              figure(Math.exp(exported / tokens)),
              change,
              limits.perplexityChange,
              change <= limits.perplexityChange,
              figure(Math.exp(reference / tokens)),
            ),
          ]),
    ];
  }
}

/**
 * Predictions: logits after every token of the same texts, the greedy continuation, and perplexity.
 *
 * @param references the original first: texts are in its tokens
 * @returns rows for each reference
 * @throws ToolkitError what the runners throw
 */
export async function comparePredictions(
  references: readonly Reference[],
  exported: ExportRunner,
  settings: ComparisonSettings,
  { onProgress, signal }: ComparisonPorts,
): Promise<VerificationRow[][]> {
  const original = references[0]!.runner;
  if (original.vocabulary !== exported.vocabulary) {
    const row = equality('rows of logits', String(original.vocabulary), String(exported.vocabulary));
    return references.map(() => [row]);
  }
  const contextLength = Math.min(
    exported.contextLength,
    ...references.map(({ runner }) => runner.contextLength),
  );
  const { probes, prose, prompts } = sequencesFor(original, contextLength, settings);
  const total = probes.length + prose.length + prompts.length;
  let done = 0;
  const step = (): void => {
    signal?.throwIfAborted();
    onProgress({ stage: `compare with ${exported.name}`, done: done++, total, unit: 'texts' });
  };
  const comparisons = references.map((reference) => new ReferenceComparison(reference));
  for (const tokens of [...probes, ...prose]) {
    step();
    const found = await exported.logits(tokens);
    for (const comparison of comparisons) await comparison.addText(tokens, found, prose.includes(tokens));
  }
  for (const prompt of prompts) {
    step();
    const count = Math.min(GREEDY_TOKENS, contextLength - prompt.length);
    const found = await exported.greedy(prompt, count);
    for (const comparison of comparisons) await comparison.addAnswer(prompt, count, found);
  }
  return comparisons.map(({ rows }) => rows);
}
