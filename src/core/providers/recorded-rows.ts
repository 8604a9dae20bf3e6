import { z } from 'zod';
import type { FileSystem } from '../../platform/file-system.js';
import { fileChunks } from '../dataset-formats/file-chunks.js';
import { jsonLines } from '../dataset-formats/files/jsonl.js';
import { readLines } from '../dataset-formats/files/lines.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { Completion, Prompt } from './provider.js';

/** What was recorded of one row. */
export interface RecordedRow {
  readonly line: number;
  readonly id: string | undefined;
  readonly prompt: Prompt | undefined;
  /** The answer, or the scores of continuations. */
  readonly output: Completion | readonly RecordedScore[];
}

/** How likely a model found one continuation of a prompt. */
export interface RecordedScore {
  readonly prompt: string;
  readonly continuation: string;
  readonly logLikelihood: number;
  readonly isGreedy: boolean | null;
}

const idField = z.union([z.string(), z.int()]).transform(String);
const messagesField = z.array(z.object({ role: z.string(), content: z.string() })).min(1);
const countField = z.int().nonnegative().nullish();

/**
 * One row with an answer: `completion`, and `id`, `prompt` or `messages` to find it by. With `passed`, the outcome of tests
 * that were run elsewhere, several rows may answer the same, as tries in their order; the program itself may be left out.
 */
const simpleRow = z.object({
  id: idField.nullish(),
  prompt: z.union([z.string(), messagesField]).nullish(),
  messages: messagesField.nullish(),
  completion: z.string().nullish(),
  passed: z.boolean().nullish(),
  finish_reason: z.enum(['stop', 'length', 'stop_string', 'content_filter', 'unknown']).nullish(),
  prompt_tokens: countField,
  completion_tokens: countField,
  cost_usd: z.number().nonnegative().nullish(),
  latency_seconds: z.number().nonnegative().nullish(),
});

/** Numbers and truth values, which the harness writes as texts. */
const numberField = z.union([z.number(), z.string().trim().min(1).transform(Number)]).pipe(z.number());
const truthField = z.union([z.boolean(), z.enum(['True', 'False']).transform((word) => word === 'True')]);

/**
 * One row of `samples_*.jsonl` of EleutherAI's lm-evaluation-harness (`--log_samples`): versions before 0.4.3 list the
 * arguments, later ones name them `gen_args_0`, `arg_0` and so on.
 */
const harnessRow = z.object({
  doc_id: idField,
  arguments: z.union([
    z.array(z.array(z.unknown()).min(1)).min(1),
    z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .transform((requests) => Object.values(requests).map((request) => Object.values(request))),
  ]),
  resps: z.array(z.array(z.unknown()).min(1)).min(1),
});
const harnessText = z.string();
const harnessScore = z.tuple([numberField, truthField]);

type Parsed = Omit<RecordedRow, 'line'> | string;

function problemOf(error: z.ZodError, whole: string): string {
  const [issue] = error.issues;
  const where = issue?.path.join('.') ?? '';
  return where === '' ? `is not ${whole}` : `${where}: ${issue!.message}`;
}

function parseSimple(row: unknown): Parsed {
  const parsed = simpleRow.safeParse(row);
  if (!parsed.success) return problemOf(parsed.error, 'a recorded answer');
  const { id, prompt = parsed.data.messages, completion, ...told } = parsed.data;
  const passed = told.passed ?? undefined;
  if (completion == null && passed === undefined) return 'completion: is missing';
  if (id == null && prompt == null) return 'has neither id nor prompt, so that nothing finds it';
  return {
    id: id ?? undefined,
    prompt:
      typeof prompt === 'string'
        ? { kind: 'text', text: prompt }
        : prompt == null
          ? undefined
          : { kind: 'chat', messages: prompt },
    output: {
      text: completion ?? '',
      finishReason: told.finish_reason ?? 'unknown',
      promptTokens: told.prompt_tokens ?? null,
      completionTokens: told.completion_tokens ?? null,
      costUsd: told.cost_usd ?? null,
      latencySeconds: told.latency_seconds ?? null,
      ...(passed !== undefined && { passed }),
    },
  };
}

/** A conversation is logged as JSON text, alone in a list. */
function harnessPrompt(argument: unknown): Prompt | undefined {
  if (typeof argument === 'string') return { kind: 'text', text: argument };
  const [text] = Array.isArray(argument) ? (argument as unknown[]) : [];
  if (typeof text !== 'string') return undefined;
  try {
    const messages = messagesField.safeParse(JSON.parse(text));
    return messages.success ? { kind: 'chat', messages: messages.data } : undefined;
  } catch {
    return undefined;
  }
}

function parseHarness(row: unknown): Parsed {
  const parsed = harnessRow.safeParse(row);
  if (!parsed.success) return problemOf(parsed.error, 'a sample of lm-evaluation-harness');
  const { doc_id: id, arguments: requests, resps } = parsed.data;
  const prompt = harnessPrompt(requests[0]![0]);
  const text = harnessText.safeParse(resps[0]![0]);
  if (text.success) {
    if (resps.length > 1 || resps[0]!.length > 1) return 'holds several answers to one prompt';
    const unknown = { promptTokens: null, completionTokens: null, costUsd: null, latencySeconds: null };
    return { id, prompt, output: { text: text.data, finishReason: 'unknown', ...unknown } };
  }
  if (requests.length !== resps.length) {
    return `has ${requests.length} arguments, but ${resps.length} answers (resps)`;
  }
  const output: RecordedScore[] = [];
  for (const [index, [context, continuation]] of requests.entries()) {
    const score = harnessScore.safeParse(resps[index]![0]);
    if (!score.success || typeof context !== 'string' || typeof continuation !== 'string') {
      return `resps.${index}: is neither a text nor the log-likelihood of a continuation`;
    }
    const [logLikelihood, isGreedy] = score.data;
    output.push({ prompt: context, continuation, logLikelihood, isGreedy });
  }
  return { id, prompt, output };
}

/**
 * The rows of a JSON Lines file of recorded outputs.
 *
 * @throws ToolkitError `NOT_FOUND`; `BAD_DATASET` at the first line that is no such row
 */
export async function* readRecordedRows(files: FileSystem, path: string): AsyncGenerator<RecordedRow> {
  const fail = (line: number, problem: string): ToolkitError =>
    new ToolkitError(
      `${path}:${line}: ${problem}`,
      'BAD_DATASET',
      'Give one JSON object a line: {"id" or "prompt", "completion"}, or the samples that lm-evaluation-harness logs.',
    );
  for await (const fileRow of jsonLines(readLines(fileChunks(files, path), path), path)) {
    if ('problem' in fileRow) throw fail(fileRow.line, fileRow.problem);
    const { row, line } = fileRow;
    const parsed = Object.hasOwn(row, 'resps') ? parseHarness(row) : parseSimple(row);
    if (typeof parsed === 'string') throw fail(line, parsed);
    yield { line, ...parsed };
  }
}
