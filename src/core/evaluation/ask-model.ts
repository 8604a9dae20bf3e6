import type {
  Completion,
  CompletionSettings,
  ContinuationScore,
  Prompt,
  Provider,
  TextLikelihood,
} from '../providers/provider.js';
import type { Answer } from '../providers/run-calls.js';
import { runRequests, runScores, runTextScores, type RequestOptions } from '../providers/run-requests.js';

/** What one row asks of a model. */
export type Question =
  /** A text that goes on from the prompt. */
  | {
      readonly ask: 'completion';
      readonly id: string;
      readonly prompt: Prompt;
      /** Which of several tries at the prompt, from 0 on. */
      readonly attempt: number;
      readonly settings: CompletionSettings;
    }
  /** How likely each of some texts is to go on from the prompt. */
  | {
      readonly ask: 'choice';
      readonly id: string;
      readonly prompt: Prompt;
      readonly continuations: readonly string[];
      /** Whether the end of the text after each is part of it. */
      readonly withEnd: boolean;
    }
  /** How likely a text is as a whole; longer ones than the context are read in windows that start `stride` apart. */
  | {
      readonly ask: 'likelihood';
      readonly id: string;
      readonly text: string;
      readonly stride: number | undefined;
    };

/** What the model answered to one {@link Question}. */
export type Reply =
  | { readonly ask: 'completion'; readonly completion: Completion; readonly isFromCache: boolean }
  | { readonly ask: 'choice'; readonly scores: readonly ContinuationScore[]; readonly isFromCache: boolean }
  | { readonly ask: 'likelihood'; readonly likelihood: TextLikelihood; readonly isFromCache: boolean };

type QuestionOf<Kind extends Question['ask']> = Extract<Question, { ask: Kind }>;

/** Characters that a model has to read for a question. */
function lengthOf(question: Question): number {
  if (question.ask === 'likelihood') return question.text.length;
  const { prompt } = question;
  const own =
    prompt.kind === 'text'
      ? prompt.text.length
      : prompt.messages.reduce((sum, { content }) => sum + content.length, 0);
  if (question.ask === 'completion') return own;
  return own + Math.max(...question.continuations.map(({ length }) => length));
}

/**
 * Puts questions of one kind to a model, those of similar length together: what is computed at once is then padded
 * little. The longest come first, so that a lack of memory shows at once.
 *
 * @returns one reply for each question, in order
 * @throws ToolkitError of the first question that fails; replies until then are in the cache
 */
export async function askModel(
  provider: Provider,
  questions: readonly Question[],
  options: RequestOptions,
): Promise<Reply[]> {
  const lengths = questions.map(lengthOf);
  const order = [...questions.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const answers = await askInOrder(
    provider,
    order.map((index) => questions[index]!),
    options,
  );
  const replies: Reply[] = [];
  for (const [place, index] of order.entries()) replies[index] = answers[place]!;
  return replies;
}

async function askInOrder(
  provider: Provider,
  questions: readonly Question[],
  options: RequestOptions,
): Promise<Reply[]> {
  switch (questions[0]?.ask) {
    case undefined:
      return [];
    case 'completion': {
      const asked = questions as readonly QuestionOf<'completion'>[];
      const answers = await runRequests(provider, asked, options);
      return answers.map(({ result, isFromCache }) => ({
        ask: 'completion',
        completion: result,
        isFromCache,
      }));
    }
    case 'choice': {
      const asked = questions as readonly QuestionOf<'choice'>[];
      const answers: Answer<ContinuationScore[]>[] = await runScores(provider, asked, options);
      return answers.map(({ result, isFromCache }) => ({ ask: 'choice', scores: result, isFromCache }));
    }
    case 'likelihood': {
      const asked = questions as readonly QuestionOf<'likelihood'>[];
      const answers = await runTextScores(provider, asked, options);
      return answers.map(({ result, isFromCache }) => ({
        ask: 'likelihood',
        likelihood: result,
        isFromCache,
      }));
    }
  }
}
