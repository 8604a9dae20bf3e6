import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { sanitizeForTerminal } from '../cli/terminal-text.js';
import type { ProjectStatus } from '../core/project/project-status.js';

/** `genai status`: what is done in a project, what is stale, and what is next. */
export default class Status extends BaseCommand<ProjectStatus> {
  static override summary = 'Show how a project stands, and what to do next.';

  static override description =
    'Reads the files of a project (scope.yaml, stages/, runs/) and tells of every stage what was done, when and with ' +
    'which results; what is stale, because a file that it was made from has changed or something newer was made; and ' +
    'the next command. Nothing is written.';

  static override examples = [
    {
      description: 'The project that this folder is in:',
      command: '<%= config.bin %> <%= command.id %>',
    },
    {
      description: 'Another one, for a program to read:',
      command: '<%= config.bin %> <%= command.id %> reviews --json',
    },
  ];

  static override args = {
    folder: Args.string({
      ignoreStdin: true,
      description: 'Folder of the project [default: this one, or the nearest above it with a scope.yaml].',
    }),
  };

  async run(): Promise<ProjectStatus> {
    const { args } = await this.parse(Status);
    const { readStatus } = await import('../lifecycle/project/status.js');
    const progress = this.progress();
    const status = await readStatus(
      { folder: args.folder, from: process.cwd() },
      {
        files: this.ports.fileSystem,
        now: () => this.ports.now(),
        onProgress: (event) => progress.update(event),
        signal: this.signal,
      },
    );
    const { STATUS_COLUMNS, statusLines, statusRows, statusTitle } =
      await import('../cli/renderers/project-status.js');
    this.printParagraph(statusTitle(status));
    this.print('\n');
    this.printTable(STATUS_COLUMNS, statusRows(status));
    this.print('\n');
    for (const line of statusLines(status, process.cwd())) this.printParagraph(line);
    // A command line is to be copied, so it is not wrapped.
    if (status.next !== null) this.print(`  ${sanitizeForTerminal(status.next.command)}\n`);
    return status;
  }
}
