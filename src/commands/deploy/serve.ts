import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { createEngine, ENGINE_FLAGS } from '../../cli/engine-flags.js';
import { MODEL_ARGUMENT } from '../../cli/generation-flags.js';
import { pairFlag } from '../../cli/list-flag.js';

/** Bytes of a request's body at most: several times what a prompt of 100,000 tokens takes. */
const BODY_LIMIT = 4 * 2 ** 20;

/** Milliseconds in which a request must have arrived, and in which some of an answer must be taken. */
const TRANSFER_TIMEOUT = 30_000;

/** Where a server is, and what it serves. */
export interface ServeResult {
  readonly url: string;
  readonly models: readonly string[];
  readonly slots: number;
  readonly context: number;
}

/** Seconds that a request may be given at most: what timers count in 31 bits of milliseconds. */
const LONGEST_TIMEOUT = Math.floor((2 ** 31 - 1) / 1000);

/** `genai deploy serve`: a model behind OpenAI's HTTP interface. */
export default class Serve extends BaseCommand<ServeResult> {
  static override summary = 'Serve a model over HTTP, as OpenAI’s API does.';

  static override description =
    'Chat and text completions, embeddings and a chat page at /, for any client of OpenAI’s API: requests name the ' +
    'model base, or an adapter. Requests are answered together, those past the queue with 429; /health, /ready and ' +
    '/metrics are for operators, and one line of JSON on stderr tells each request. Only this machine is served ' +
    'unless --host says otherwise, which needs a key. SIGTERM or Ctrl-C ends the server once the answers that have ' +
    'begun are given.';

  static override examples = [
    {
      description: 'The starter model, for programs on this machine:',
      command: '<%= config.bin %> <%= command.id %> templates/starter-model --port 8080',
    },
    {
      description: 'With adapters, which requests choose by name:',
      command:
        '<%= config.bin %> <%= command.id %> templates/starter-model --adapter sentiment=runs/sentiment --slots 4',
    },
    {
      description: 'For other machines, with the key that GENAI_API_KEY holds:',
      command: '<%= config.bin %> <%= command.id %> MODEL --host 0.0.0.0 --queue 200',
    },
  ];

  static override args = MODEL_ARGUMENT;

  static override flags = {
    adapter: pairFlag({
      multiple: true,
      summary: 'NAME=FOLDER of a LoRA adapter; can be given several times.',
    }),
    'adapters-folder': Flags.string({ summary: 'Folder of adapters, each served under its folder’s name.' }),
    'most-adapters': Flags.integer({
      min: 1,
      default: 4,
      summary: 'Adapters that are loaded at once; each takes as much memory as the model.',
    }),
    slots: Flags.integer({ min: 1, default: 8, summary: 'Requests that a model answers at once.' }),
    context: Flags.integer({
      min: 2,
      summary: 'Tokens of a prompt and its answer [default: the model’s own, up to 4096].',
    }),
    queue: Flags.integer({
      min: 0,
      default: 64,
      summary: 'Requests that may wait; more are answered with 429.',
    }),
    timeout: Flags.integer({
      min: 1,
      max: LONGEST_TIMEOUT,
      default: 300,
      summary: 'Seconds that a request may take.',
    }),
    host: Flags.string({ default: '127.0.0.1', summary: 'Address to listen at.', helpGroup: 'NETWORK' }),
    port: Flags.integer({
      min: 0,
      max: 65_535,
      default: 8080,
      summary: 'Port to listen at; 0 for any free one.',
      helpGroup: 'NETWORK',
    }),
    'api-key': Flags.string({
      summary: 'Key that clients must give [default: GENAI_API_KEY, which other users do not see].',
      helpGroup: 'NETWORK',
    }),
    'allow-unauthenticated': Flags.boolean({
      summary: 'Let other machines in without a key.',
      helpGroup: 'NETWORK',
    }),
    cors: Flags.string({
      summary: 'Origin whose web pages may ask this server, or *.',
      helpGroup: 'NETWORK',
    }),
    'log-prompts': Flags.boolean({ summary: 'Write prompts into the log too.' }),
    ...ENGINE_FLAGS,
  };

  async run(): Promise<ServeResult> {
    const { args, flags } = await this.parse(Serve);
    const { serveModel } = await import('../../server/serve-model.js');
    const { ports, signal } = this;
    const progress = this.progress();
    const { slots, context, queue, host, port, timeout } = flags;
    const served = await serveModel(
      {
        model: args.model,
        adapters: flags.adapter ?? [],
        adaptersFolder: flags['adapters-folder'],
        mostAdapters: flags['most-adapters'],
        ...{ slots, context, queue },
        server: {
          ...{ host, port },
          // An empty variable is one that is not set; an empty flag is a mistake.
          apiKey: flags['api-key'] ?? (ports.environment['GENAI_API_KEY'] || undefined),
          allowUnauthenticated: flags['allow-unauthenticated'],
          corsOrigin: flags.cors,
          timeoutSeconds: timeout,
          bodyLimit: BODY_LIMIT,
          transferTimeout: TRANSFER_TIMEOUT,
          logPrompts: flags['log-prompts'],
        },
      },
      {
        files: ports.fileSystem,
        createEngine: () => createEngine(flags, ports.environment),
        now: () => ports.now(),
        writeLog: (line) => ports.stderr.write(line),
        onProgress: (event) => progress.update(event),
        signal,
      },
    );
    const { url, modelNames: models, contextLength } = served;
    const result = { url, models, slots, context: contextLength };
    // Said while the server runs: at its end it is too late.
    if (this.jsonEnabled()) ports.stdout.write(`${JSON.stringify(result)}\n`);
    this.printParagraph(`Serving ${models.join(', ')} at ${url}/v1 (chat page: ${url}/). Ctrl-C ends it.`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await served.drain();
    return result;
  }

  /** The result is printed when the server begins. */
  override logJson(): void {}
}
