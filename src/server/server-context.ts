import type { ModelPool } from '../core/serving/model-pool.js';
import type { ServerMetrics } from './metrics/server-metrics.js';
import type { ServerSettings } from './server-settings.js';

/** What the server takes from outside. */
export interface ServerPorts {
  /** Milliseconds since 1970. */
  now(): number;
  /** Writes one entry of the log. */
  log(entry: Readonly<Record<string, unknown>>): void;
  /** An integer for requests that give no seed. */
  randomSeed(): number;
}

/** What every route has at hand. */
export interface ServerContext {
  readonly models: ModelPool;
  readonly settings: ServerSettings;
  readonly ports: ServerPorts;
  readonly metrics: ServerMetrics;
  /** Seconds since 1970 at which the server began. */
  readonly created: number;
  /** Whether the server is about to end. */
  isDraining(): boolean;
}
