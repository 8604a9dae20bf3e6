import { parseParameterCount } from '../core/memory/parameter-count.js';
import type { Prompts } from './prompts.js';

/** One estimate that may be asked for, with the questions it needs. */
export interface EstimateTopic {
  /** The command's name. */
  readonly topic: string;
  readonly question: string;
  /** Asks, and returns the command's arguments. */
  ask(prompts: Prompts): Promise<string[]>;
}

const MODEL_EXAMPLES = 'a count such as 7B, a model such as llama-3.1-8b, or a path';

const required = (answer: string): string | undefined =>
  answer.trim() === '' ? 'Something is needed here.' : undefined;

const asModel = async (prompts: Prompts): Promise<string> =>
  (await prompts.text(`Which model (${MODEL_EXAMPLES})?`, { default: '7B', problem: required })).trim();

/** A flag with its value, or nothing where the answer is empty. */
async function asFlag(prompts: Prompts, flag: string, message: string, preset?: string): Promise<string[]> {
  const answer = await prompts.text(message, preset === undefined ? {} : { default: preset });
  return answer.trim() === '' ? [] : [flag, answer.trim()];
}

async function asCount(prompts: Prompts, flag: string, message: string, preset: string): Promise<string[]> {
  const problem = (answer: string): string | undefined => {
    try {
      return parseParameterCount(answer) === undefined ? 'Write it as 300B, 1.4T or 1e12.' : undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return [flag, (await prompts.text(message, { default: preset, problem })).trim()];
}

/** What `genai estimate` offers, in the order in which people ask. */
export const ESTIMATE_TOPICS: readonly EstimateTopic[] = [
  {
    topic: 'memory',
    question: 'Memory: will it fit, and what must change so that it does?',
    async ask(prompts) {
      const model = await asModel(prompts);
      const method = await prompts.choose('How is it to be trained?', [
        { name: 'every weight', value: 'full' },
        { name: 'LoRA adapters', value: 'lora' },
        { name: 'LoRA adapters on 4-bit weights (QLoRA)', value: 'qlora' },
      ]);
      const gpu = await asFlag(prompts, '--gpu', 'On which GPU (A100, RTX 4090, …; empty for this machine)?');
      return [model, '--method', method, ...gpu];
    },
  },
  {
    topic: 'compute',
    question: 'Compute: how many floating-point operations?',
    ask: async (prompts) => [
      await asModel(prompts),
      ...(await asCount(prompts, '--tokens', 'On how many tokens?', '1T')),
    ],
  },
  {
    topic: 'time',
    question: 'Time and money: how long, on how many GPUs, for how much?',
    ask: async (prompts) => [
      await asModel(prompts),
      ...(await asCount(prompts, '--tokens', 'On how many tokens?', '1T')),
      ...(await asFlag(prompts, '--gpu', 'On which GPU?', 'H100')),
      ...(await asCount(prompts, '--gpus', 'How many of them?', '8')),
    ],
  },
  {
    topic: 'scaling',
    question: 'Scaling: how big a model on how much data for a budget?',
    ask: (prompts) => asFlag(prompts, '--flops', 'With how many floating-point operations?', '1e21'),
  },
  {
    topic: 'data',
    question: 'Data: how much raw text for so many tokens?',
    ask: (prompts) => asCount(prompts, '--tokens', 'For how many tokens?', '300B'),
  },
  {
    topic: 'quantize',
    question: 'Quantisation: what does a number format save, and lose?',
    ask: async (prompts) => [
      await asModel(prompts),
      ...(await asFlag(prompts, '--value', 'Which number should be rounded into each format?', '3.14159')),
    ],
  },
];
