import { Command, Errors, Flags, type Config, type Interfaces } from '@oclif/core';
import type { WantedParts } from '../core/hub-datasets/choose-files.js';
import type { DoneStep } from '../core/project/stage-record.js';
import { flagIsGiven } from './command-line.js';
import { bindInterruption, type Interruption } from './interruption.js';
import { toJsonText } from './json-text.js';
import type { Ports } from './ports.js';
import { packagedPath } from './packaged-path.js';
import { ProgressRenderer } from './progress.js';
import { systemPorts } from './system-ports.js';
import { renderTable, type Column } from './table.js';
import { sanitizeForTerminal, wrapWords } from './terminal-text.js';
import { toolkitErrorFrom } from './toolkit-error-from.js';

/**
 * What every command extends. A command parses, calls one lifecycle function, renders, and returns that function's
 * result: with `--json` the result is all that stdout gets. Errors are thrown, never printed here.
 */
export abstract class BaseCommand<Result extends object> extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    quiet: Flags.boolean({ summary: 'Write no progress and no notes to stderr.', helpGroup: 'GLOBAL' }),
  };

  /** What to do after Ctrl-C, where what was done until then is kept. */
  protected readonly whenStopped: string | undefined = undefined;

  private interruption: Interruption | undefined;
  private openProgress: ProgressRenderer | undefined;

  constructor(
    argv: string[],
    config: Config,
    protected readonly ports: Ports = systemPorts(),
  ) {
    super(argv, config);
  }

  abstract override run(): Promise<Result>;

  /** Aborted by Ctrl-C; a command hands it to the lifecycle function that does the work. */
  protected get signal(): AbortSignal {
    // Bound at the first use: a command that never asks for it is ended by Ctrl-C as any program is.
    this.interruption ??= bindInterruption(this.ports, this.whenStopped);
    return this.interruption.signal;
  }

  /** Draws progress events on stderr; draws nothing under `--quiet`. */
  protected progress(): Pick<ProgressRenderer, 'update'> {
    if (this.isQuiet()) return { update: () => undefined };
    this.openProgress ??= new ProgressRenderer(this.ports.stderr, () => this.ports.now());
    return this.openProgress;
  }

  /** What the choice and the estimate of a model ask of the machine. */
  protected async machinePorts() {
    const { machinePorts } = await import('./machine-ports.js');
    return machinePorts(this.ports);
  }

  /** The path of a dataset; one on the hub (`hf:ORG/NAME`) is downloaded. */
  protected async localDataset(dataset: string, wanted: WantedParts): Promise<string> {
    const { localDataset } = await import('../core/hub-datasets/local-dataset.js');
    const { datasetFetcher } = await import('./hub-datasets.js');
    const progress = this.progress();
    return localDataset(
      dataset,
      wanted,
      datasetFetcher(this.ports, (event) => progress.update(event), this.signal),
    );
  }

  /** Records what was done where it was done in a project or with something of one, and says so. */
  protected async recordStep(
    places: readonly string[],
    describe: (project: string) => DoneStep | Promise<DoneStep>,
  ): Promise<void> {
    const { recordInProject } = await import('./project-record.js');
    const record = await recordInProject(this.ports, this.progress(), this.signal, places, describe);
    if (record !== undefined) this.printParagraph(`Recorded in ${record}.`);
  }

  /** The words of the command line that say what is done, not how it is told. */
  protected get recordedWords(): string[] {
    return this.argv.filter((word) => word !== '--json' && word !== '--quiet');
  }

  /** Writes text for people to stdout; nothing under `--json`. The caller sanitizes what comes from data. */
  protected print(text: string): void {
    this.openProgress?.clear();
    if (!this.jsonEnabled()) this.ports.stdout.write(text);
  }

  /** Prints a paragraph, wrapped between words; any text will do. */
  protected printParagraph(text: string): void {
    this.print(`${wrapWords(sanitizeForTerminal(text), this.ports.stdout.columns)}\n`);
  }

  /** Prints rows in columns that fit the terminal; cells may hold any text. */
  protected printTable(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    this.print(renderTable(columns, rows, this.ports.stdout));
  }

  /** Writes a remark to stderr, on a line of its own; nothing under `--quiet`. The caller sanitizes. */
  protected note(text: string): void {
    if (this.isQuiet()) return;
    this.openProgress?.clear();
    this.ports.stderr.write(`${text}\n`);
  }

  override jsonEnabled(): boolean {
    return flagIsGiven(this.argv, '--json');
  }

  override logJson(json: unknown): void {
    this.ports.stdout.write(toJsonText(json));
  }

  protected override async catch(error: unknown): Promise<never> {
    // A command that has said everything itself, and only sets the process's status.
    if (error instanceof Errors.ExitError) throw error;
    const words = (this.id ?? '').replaceAll(':', ' ');
    throw toolkitErrorFrom(error, `${this.config.bin} ${words}`);
  }

  protected override async finally(): Promise<void> {
    this.openProgress?.finish();
    this.interruption?.release();
  }

  /** Parses; where a word names what ships with the toolkit, its path in the package stands in its place. */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse<F, B, A>(options, argv);
    const packaged = async (value: unknown): Promise<unknown> => {
      if (Array.isArray(value)) return Promise.all(value.map(packaged));
      if (typeof value !== 'string') return value;
      return (await packagedPath(value, this.config.root, this.ports.fileSystem)) ?? value;
    };
    for (const values of [parsed.args, parsed.flags] as Record<string, unknown>[]) {
      for (const [name, value] of Object.entries(values)) {
        // Nothing is ever written into the package.
        if (name !== 'out') values[name] = await packaged(value);
      }
    }
    return parsed;
  }

  private isQuiet(): boolean {
    return flagIsGiven(this.argv, '--quiet');
  }
}
