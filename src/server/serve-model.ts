import { randomInt } from 'node:crypto';
import type { Engine } from '../core/engine/engine.js';
import type { ProgressListener } from '../core/progress/progress-event.js';
import { findAdapters } from '../core/serving/find-adapters.js';
import { BASE_NAME, ModelPool } from '../core/serving/model-pool.js';
import { openModels } from '../core/serving/open-models.js';
import { ServingStatistics } from '../core/serving/serving-statistics.js';
import { Turns } from '../core/serving/turns.js';
import type { FileSystem } from '../platform/file-system.js';
import { jsonLine } from './json-line.js';
import { assertUsable, type ServerSettings } from './server-settings.js';
import { startServer, type RunningServer } from './server.js';

/** What is served, and how. */
export interface ServeOptions {
  /** Folder of a model, of an adapter, or of a training run. */
  readonly model: string;
  /** Adapters by name, and a folder of further ones. */
  readonly adapters: readonly (readonly [name: string, folder: string])[];
  readonly adaptersFolder: string | undefined;
  /** Adapters that are loaded at once, at most. */
  readonly mostAdapters: number;
  /** Requests that are answered at once, by each model. */
  readonly slots: number;
  /** Tokens of a prompt and its answer; `undefined` for the model's own limit, within reason. */
  readonly context: number | undefined;
  /** Requests that may wait, for each model. */
  readonly queue: number;
  readonly server: ServerSettings;
}

/** What serving needs from outside. */
export interface ServePorts {
  readonly files: FileSystem;
  createEngine(): Promise<Engine>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Writes lines of the log. */
  writeLog(line: string): void;
  readonly onProgress?: ProgressListener;
  /** Stops the loading. */
  readonly signal?: AbortSignal;
}

/** A server, and what it serves. */
export interface ServedModels extends RunningServer {
  /** Every name that a request may give. */
  readonly modelNames: readonly string[];
  /** Tokens of a prompt and its answer. */
  readonly contextLength: number;
}

/**
 * Loads a model and serves it; `drain` frees the model too.
 *
 * @throws ToolkitError what `findAdapters`, `openModels` and `startServer` throw
 */
export async function serveModel(options: ServeOptions, ports: ServePorts): Promise<ServedModels> {
  const { files, onProgress, signal } = ports;
  assertUsable(options.server);
  const adapters = await findAdapters(files, options.adapters, options.adaptersFolder);
  const statistics = new ServingStatistics();
  const engine = await ports.createEngine();
  let models: ModelPool | undefined;
  const free = async (): Promise<void> => {
    await models?.dispose();
    await engine.dispose();
  };
  try {
    const load = await openModels(files, options.model, adapters, engine, options, onProgress, signal);
    models = new ModelPool(load, [...adapters.keys()], options.mostAdapters, {
      queueLimit: options.queue,
      turns: new Turns(),
      statistics,
    });
    // Never released: the base model stays.
    const base = await models.lease(BASE_NAME);
    const server = await startServer(models, statistics, options.server, {
      now: () => ports.now(),
      log: (entry) => ports.writeLog(jsonLine(entry)),
      randomSeed: () => randomInt(2 ** 32),
    });
    return {
      url: server.url,
      modelNames: models.modelNames,
      contextLength: base!.model.contextLength,
      async drain() {
        await server.drain();
        await free();
      },
    };
  } catch (error) {
    await free();
    throw error;
  }
}
