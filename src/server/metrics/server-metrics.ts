import type { ModelPool } from '../../core/serving/model-pool.js';
import type { Scheduler } from '../../core/serving/scheduler.js';
import type { ServingStatistics } from '../../core/serving/serving-statistics.js';
import type { RequestFacts } from '../request-facts.js';
import { Counter, Histogram, Reading, type Metric } from './prometheus.js';

/** Seconds: from what a small model answers in to the usual timeout. */
const SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300];
const TOKENS_PER_SECOND = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** What the server measures of itself. */
export class ServerMetrics {
  private readonly requests = new Counter('genai_requests_total', 'Requests by route and status.');
  private readonly duration = new Histogram(
    'genai_request_duration_seconds',
    'Time from a request to the end of its answer.',
    SECONDS,
  );
  private readonly firstToken = new Histogram(
    'genai_time_to_first_token_seconds',
    'Time from a request to the first token of its answer.',
    SECONDS,
  );
  private readonly rate = new Histogram(
    'genai_tokens_per_second',
    'Tokens per second of a request, after its first.',
    TOKENS_PER_SECOND,
  );
  private readonly readings: readonly Metric[];

  constructor(models: ModelPool, statistics: ServingStatistics) {
    const total = (of: (scheduler: Scheduler) => number) => (): number =>
      models.loaded.reduce((sum, { scheduler }) => sum + of(scheduler), 0);
    this.readings = [
      new Reading(
        'genai_queue_length',
        'gauge',
        'Requests that wait for a slot.',
        total(({ waitingCount }) => waitingCount),
      ),
      new Reading(
        'genai_active_slots',
        'gauge',
        'Slots at work.',
        total(({ activeCount }) => activeCount),
      ),
      new Reading('genai_loaded_models', 'gauge', 'Models in memory.', () => models.loaded.length),
      new Reading(
        'genai_prompt_tokens_total',
        'counter',
        'Tokens of prompts.',
        () => statistics.promptTokens,
      ),
      new Reading(
        'genai_reused_prompt_tokens_total',
        'counter',
        'Tokens of prompts that a slot held already.',
        () => statistics.reusedTokens,
      ),
      new Reading(
        'genai_prefix_cache_hits_total',
        'counter',
        'Prompts of which a slot held a beginning.',
        () => statistics.reusedPrompts,
      ),
      new Reading(
        'genai_completion_tokens_total',
        'counter',
        'Tokens generated.',
        () => statistics.completionTokens,
      ),
      new Reading(
        'genai_steps_total',
        'counter',
        'Computations that continued answers.',
        () => statistics.steps,
      ),
    ];
  }

  /** Counts a request that is over. */
  record(facts: RequestFacts): void {
    const { route, status, seconds, firstTokenSeconds, completionTokens } = facts;
    this.requests.increment({ route, status: String(status) });
    this.duration.observe(seconds, { route });
    if (firstTokenSeconds === undefined) return;
    this.firstToken.observe(firstTokenSeconds);
    const rest = seconds - firstTokenSeconds;
    if (completionTokens > 1 && rest > 0) this.rate.observe((completionTokens - 1) / rest);
  }

  render(): string {
    const { requests, duration, firstToken, rate, readings } = this;
    return [requests, duration, firstToken, rate, ...readings].map((metric) => metric.render()).join('');
  }
}
