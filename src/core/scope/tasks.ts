import type { Task } from '../model-cards/model-card.js';
import type { MetricName } from './metrics.js';

/** A task as a project is scoped by it. */
export interface ScopeTask {
  /** Everyday words for it, the usual one first. */
  readonly words: readonly string[];
  readonly explanation: string;
  /** Tasks of model cards and of the Hugging Face hub that serve it, the closest first. */
  readonly hubTasks: readonly Task[];
  /** What it is usually judged by, the main one first; more than an exact answer can be right where it is empty. */
  readonly metrics: readonly MetricName[];
  /** Whether the answer is text that is written, rather than labels or vectors read off the input. */
  readonly generates: boolean;
}

/**
 * Tasks of text, under the Hugging Face hub's names where it has one (https://huggingface.co/tasks); the hub files
 * code, chat and calls of tools under text generation, but a project chooses and measures by them differently.
 */
export const SCOPE_TASKS = {
  'text-generation': {
    words: ['essay writing', 'writing', 'story writing', 'text completion'],
    explanation: 'Writes new text from an instruction or a beginning: essays, stories, product texts.',
    hubTasks: ['text-generation'],
    metrics: ['win_rate', 'perplexity'],
    generates: true,
  },
  summarization: {
    words: ['summarisation', 'summary'],
    explanation: 'Makes a long text or conversation short, keeping what matters.',
    hubTasks: ['summarization', 'text2text-generation', 'text-generation'],
    metrics: ['rougeL', 'rouge1', 'rouge2', 'rougeLsum'],
    generates: true,
  },
  translation: {
    words: ['machine translation'],
    explanation: 'Says the same in another language.',
    hubTasks: ['translation', 'text2text-generation', 'text-generation'],
    metrics: ['bleu', 'chrf'],
    generates: true,
  },
  'code-generation': {
    words: ['code', 'programming', 'coding'],
    explanation: 'Writes a program, a query or a configuration from a description.',
    hubTasks: ['text-generation'],
    metrics: ['pass@1', 'exact_match'],
    generates: true,
  },
  'text-classification': {
    words: ['classification', 'sentiment analysis', 'sentiment', 'topic labelling'],
    explanation: 'Puts a whole text under one of a few labels: sentiment, topic, language, spam.',
    hubTasks: ['text-classification', 'fill-mask', 'text-generation'],
    metrics: ['f1', 'accuracy', 'precision', 'recall'],
    generates: false,
  },
  'token-classification': {
    words: ['named-entity recognition', 'NER', 'entity extraction', 'tagging'],
    explanation: 'Marks words in a text: people, places, organisations, drugs, amounts.',
    hubTasks: ['token-classification', 'fill-mask', 'text-generation'],
    metrics: ['f1', 'precision', 'recall'],
    generates: false,
  },
  'question-answering': {
    words: ['QA', 'questions and answers', 'reading comprehension'],
    explanation: 'Answers questions, most often from a text that is given along.',
    hubTasks: ['question-answering', 'text2text-generation', 'text-generation'],
    metrics: ['f1', 'exact_match'],
    generates: true,
  },
  'sentence-similarity': {
    words: ['information retrieval', 'retrieval', 'semantic search', 'search', 'embeddings'],
    explanation: 'Finds the passages that answer a query, by comparing vectors of texts.',
    hubTasks: ['sentence-similarity', 'feature-extraction', 'fill-mask'],
    metrics: ['ndcg@10', 'recall@10', 'mrr@10'],
    generates: false,
  },
  conversational: {
    words: ['chat', 'assistant', 'chatbot', 'dialogue'],
    explanation: 'Holds a conversation: answers, asks back, and remembers what was said.',
    hubTasks: ['text-generation'],
    metrics: ['win_rate'],
    generates: true,
  },
  'tool-calling': {
    words: ['invoking APIs and actions', 'invoke APIs', 'API calls', 'actions', 'function calling', 'agent'],
    explanation:
      'Calls APIs and takes actions: chooses one, fills in its arguments, and uses what comes back.',
    hubTasks: ['text-generation'],
    metrics: ['exact_match', 'accuracy'],
    generates: true,
  },
} as const satisfies Record<string, ScopeTask>;

/** The name of a task in {@link SCOPE_TASKS}. */
export type ScopeTaskName = keyof typeof SCOPE_TASKS;

/** Names of all tasks, in the order in which they are offered. */
export const SCOPE_TASK_NAMES = Object.keys(SCOPE_TASKS) as [ScopeTaskName, ...ScopeTaskName[]];

/** The task of that name. */
export function scopeTask(name: ScopeTaskName): ScopeTask {
  return SCOPE_TASKS[name];
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');

/** The name of the task that a person means by its name or by one of its everyday words; `undefined` if by none. */
export function findScopeTask(word: string): ScopeTaskName | undefined {
  const wanted = plain(word);
  return SCOPE_TASK_NAMES.find((name) =>
    [name, ...scopeTask(name).words].some((own) => plain(own) === wanted),
  );
}
