import { existsSync } from 'node:fs';
import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { forTerminal } from './terminal-text.js';

/** A server that speaks the OpenAI API, and the model there that is asked. */
export interface ModelServer {
  readonly client: OpenAI;
  readonly model: string;
}

/** A failure that the user can mend; its message says how. */
export class UserError extends Error {}

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Milliseconds for the first sign of an answer: models on a processor read long prompts for minutes. */
const TIMEOUT = 10 * 60_000;

/** What `fetch` says where a connection ends in the middle of an answer. */
const BROKEN_OFF = 'terminated';

/** The environment, with what the file `.env` of this folder says where the environment says nothing. */
export function loadEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** A number of the environment, or `usual` where it is not set. */
export function numberSetting(environment: Environment, name: string, usual: number): number {
  const text = environment[name]?.trim();
  if (text === undefined || text === '') return usual;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new UserError(`${name} is ${JSON.stringify(text)}, and must be a number from 0 up. See .env.`);
}

/** The server of `OPENAI_BASE_URL`; its model is `MODEL`, or the first one that it lists. */
export async function connect(environment: Environment): Promise<ModelServer> {
  const baseURL = environment['OPENAI_BASE_URL'] ?? '';
  if (!URL.canParse(baseURL)) {
    throw new UserError(
      'OPENAI_BASE_URL is not set: copy .env.example to .env and name the model server there.',
    );
  }
  // The client wants some key, also where the server wants none.
  const apiKey = environment['OPENAI_API_KEY'] || 'none';
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 1, timeout: TIMEOUT });
  const model = environment['MODEL'] || (await client.models.list()).data[0]?.id;
  if (model === undefined) throw new UserError(`The server at ${baseURL} has no model.`);
  return { client, model };
}

/** What went wrong and what to do about it, in words for the user. */
export function explain(error: unknown, environment: Environment): string {
  const place = environment['OPENAI_BASE_URL'] ?? 'OPENAI_BASE_URL';
  if (error instanceof APIConnectionTimeoutError)
    return `The model server at ${place} does not answer in time.`;
  if (error instanceof APIConnectionError) {
    return `There is no model server at ${place}. Start one (genai deploy serve MODEL), or name another in .env.`;
  }
  if (error instanceof TypeError && error.message === BROKEN_OFF) {
    return `The model server at ${place} broke off its answer. Is it still running?`;
  }
  if (error instanceof APIError && error.status === 401) {
    return 'The model server wants another API key: set OPENAI_API_KEY in .env.';
  }
  if (error instanceof APIError && error.status === 429)
    return 'The model server is busy. Try again in a while.';
  if (error instanceof APIError) return `The model server refuses: ${forTerminal(error.message)}`;
  return forTerminal(error instanceof Error ? error.message : String(error));
}
