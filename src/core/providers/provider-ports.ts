import type { Clock } from '../../platform/clock.js';
import type { FileSystem } from '../../platform/file-system.js';
import type { Engine } from '../engine/engine.js';
import type { ProgressListener } from '../progress/progress-event.js';
import type { Provider } from './provider.js';

/** What providers need from outside. */
export interface ProviderPorts {
  readonly files: FileSystem;
  readonly fetch: typeof globalThis.fetch;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Pick<Clock, 'now'>;
  /** Called once, when a local model is first asked. */
  readonly createEngine: () => Promise<Engine>;
  /** How loading a local model goes on. */
  readonly onProgress?: ProgressListener | undefined;
}

/** What a provider is told besides its spec. */
export interface ProviderOptions {
  /** Environment variable that holds the key of an OpenAI-compatible service; default `OPENAI_API_KEY`. */
  readonly keyVariable?: string | undefined;
  /** Adapter to use with a local model: an adapter folder or a run. */
  readonly adapter?: string | undefined;
  /** Positions to be had: what Ollama is asked to make room for, what is known of another service. */
  readonly contextLength?: number | undefined;
}

/** One kind of provider. */
export interface ProviderKind {
  /** What a spec begins with, before the colon. */
  readonly name: string;
  /** How a spec is written, for messages and help. */
  readonly form: string;
  /** The options that mean something to it. */
  readonly options: readonly (keyof ProviderOptions)[];
  /**
   * @param rest the spec after the colon; not empty
   * @throws ToolkitError `USAGE`, and what finding the model throws; nothing is computed or asked of the network yet
   */
  open(rest: string, options: ProviderOptions, ports: ProviderPorts): Promise<Provider>;
}
