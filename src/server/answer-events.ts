import { EventQueue } from '../core/serving/event-queue.js';
import type { AnswerEvent, GenerationRequest } from '../core/serving/generation-request.js';
import type { ServedModel } from '../core/serving/served-model.js';
import type { RequestFacts } from './request-facts.js';

/**
 * Answers prompts, as many at once as the model has slots; their answers are numbered through. The first one may find
 * too many waiting; the others then belong to a request that has been let in.
 *
 * @param signal must be aborted by the caller once the events are no longer wanted
 */
export async function* answerEvents(
  model: ServedModel,
  requests: readonly GenerationRequest[],
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  if (requests.length === 1) {
    yield* model.scheduler.generate(requests[0]!, signal);
    return;
  }
  const merged = new EventQueue<AnswerEvent>(() => undefined);
  const rest = requests.entries();
  const answerNext = async (): Promise<void> => {
    for (const [index, request] of rest) {
      for await (const event of model.scheduler.generate(request, signal, index > 0)) {
        merged.push({ ...event, choice: index * request.choices + event.choice });
      }
    }
  };
  const workers = Array.from({ length: Math.min(model.slots, requests.length) }, answerNext);
  Promise.all(workers).then(
    () => merged.end(),
    (error: unknown) => merged.fail(error as Error),
  );
  yield* merged;
}

/** Notes in the facts when the first token came, and how many there were. */
export async function* observed(
  events: AsyncIterable<AnswerEvent>,
  facts: RequestFacts,
  secondsSoFar: () => number,
): AsyncGenerator<AnswerEvent> {
  for await (const event of events) {
    facts.firstTokenSeconds ??= secondsSoFar();
    facts.completionTokens++;
    yield event;
  }
}
