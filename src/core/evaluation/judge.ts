import { createHash } from 'node:crypto';
import { ToolkitError } from '../errors/toolkit-error.js';
import type { PromptTemplate } from '../prompts/prompt-template.js';
import { renderPrompt } from '../prompts/render-prompt.js';
import type { CompletionRequest, CompletionSettings, Provider } from '../providers/provider.js';
import { runRequests, type RequestOptions } from '../providers/run-requests.js';
import { totalUsage } from '../providers/usage.js';
import type { JudgeFacts } from './evaluation-result.js';

/** A model that judges answers, and how it is asked. */
export interface Judge {
  readonly provider: Provider;
  readonly template: PromptTemplate;
  /** What counts; default: what the template says. */
  readonly rubric: string | undefined;
}

/** Texts that a judge is shown, by the names that the template has for them. */
export type JudgedTexts = Readonly<Record<string, string | readonly string[]>>;

/** Hexadecimal digits of the mark that texts stand between. */
const MARK_DIGITS = 12;

/** Tokens of a reply at most where the template does not say: a few sentences and the verdict. */
const USUAL_TOKENS = 512;

/** Variables that every template of a judge has. */
const SHARED_VARIABLES = ['mark', 'question', 'references'];

/**
 * Sees to it that a template has room for what a judge is shown.
 *
 * @param names variables beside those that all judges have
 * @throws ToolkitError `USAGE`
 */
export function assertJudgeTemplate(
  { where, settings, rowVariables }: PromptTemplate,
  names: readonly string[],
): void {
  const missing = [...SHARED_VARIABLES, ...names].filter((name) => !rowVariables.includes(name));
  if (settings.kind === 'chat' && missing.length === 0) return;
  throw new ToolkitError(
    `${where}: the prompt of a judge is a chat with the variables ${[...SHARED_VARIABLES, ...names].join(', ')}`,
    'USAGE',
    'The ones that ship with the toolkit are judge-rubric.md and judge-pairwise.md in templates/prompts.',
  );
}

/**
 * The prompt for one judgement. Texts are data: they stand between lines with a mark that is made of them all, so that
 * none can hold it and end its place.
 */
function judgePrompt({ template, rubric }: Judge, texts: JudgedTexts): CompletionRequest['prompt'] {
  const mark = createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, MARK_DIGITS);
  return renderPrompt(template, { row: { ...texts, mark, ...(rubric !== undefined && { rubric }) } });
}

function settingsOf({ template }: Judge): CompletionSettings {
  const {
    max_new_tokens: maxNewTokens = USUAL_TOKENS,
    temperature,
    top_k: topK,
    top_p: topP,
    ...others
  } = template.settings.generation;
  const { min_p: minP, repetition_penalty: repetitionPenalty, stop } = others;
  return { ...{ maxNewTokens, temperature, topK, topP, minP, repetitionPenalty, stop }, seed: 0 };
}

/** What a judge said. */
export interface Judgements {
  /** One for each of what was shown. */
  readonly replies: readonly string[];
  readonly facts: Omit<JudgeFacts, 'unreadable'>;
}

/**
 * Asks a judge, in the cache first.
 *
 * @param options with a cache, so that a run that was stopped goes on where it was; prices are not the judge's
 * @throws ToolkitError of the first request that fails
 */
export async function askJudge(
  judge: Judge,
  shown: readonly JudgedTexts[],
  { prices: _, ...options }: RequestOptions,
): Promise<Judgements> {
  const settings = settingsOf(judge);
  const requests = shown.map((texts, index) => ({
    id: `judgement ${index + 1}`,
    prompt: judgePrompt(judge, texts),
    settings,
  }));
  const answers = await runRequests(judge.provider, requests, options);
  const { promptTokens, completionTokens, costUsd } = totalUsage(answers.map(({ result }) => result));
  return {
    replies: answers.map(({ result }) => result.text),
    facts: {
      model: judge.provider.id,
      model_fingerprint: await judge.provider.fingerprint(options.signal),
      ...{ prompt_tokens: promptTokens, completion_tokens: completionTokens, cost_usd: costUsd },
    },
  };
}
