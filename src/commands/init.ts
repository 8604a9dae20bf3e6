import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { PROMPT_FOLDER } from '../cli/prompt-folder.js';
import { ToolkitError } from '../core/errors/toolkit-error.js';
import type { InitResult } from '../lifecycle/project/init.js';

/** Where the files of a new project lie in the package. */
const TEMPLATES = fileURLToPath(new URL('../../templates/project', import.meta.url));

/** `genai init`: the folder of a new project. */
export default class Init extends BaseCommand<InitResult> {
  static override summary = 'Make the folder of a new project.';

  static override description =
    'Writes scope.yaml, prompts for the task, places for data and evaluation, a .gitignore, and a README that explains the stages. ' +
    'Asks for name and task in a terminal. genai status then says how the project stands and what comes next.';

  static override examples = [
    {
      description: 'A project that tells good reviews from bad ones:',
      command: '<%= config.bin %> <%= command.id %> reviews --task sentiment',
    },
    {
      description: 'In a folder that has files already:',
      command:
        '<%= config.bin %> <%= command.id %> briefs --name "Legal briefs" --task summarization --force',
    },
  ];

  static override args = {
    folder: Args.string({
      default: '.',
      ignoreStdin: true,
      description: 'Folder of the project; it is made if need be.',
    }),
  };

  static override flags = {
    name: Flags.string({ summary: 'What the project is called [default: as its folder].' }),
    task: Flags.string({ summary: 'What the model does, e.g. summarization, chat or sentiment.' }),
    force: Flags.boolean({ summary: 'Write among files that are there, and over those of the same name.' }),
  };

  async run(): Promise<InitResult> {
    const { args, flags } = await this.parse(Init);
    const { assertMayWrite, initProject } = await import('../lifecycle/project/init.js');
    const { nodeDownloadFiles } = await import('../platform/download-files.js');
    const folder = resolve(args.folder);
    // Before the questions: nobody should answer them for nothing.
    await assertMayWrite(folder, flags.force, this.ports.fileSystem);
    const result = await initProject(
      { folder, force: flags.force, ...(await this.answers(folder, flags)) },
      {
        files: this.ports.fileSystem,
        places: nodeDownloadFiles,
        templates: TEMPLATES,
        promptFolder: PROMPT_FOLDER,
      },
    );
    this.printParagraph(`Made ${result.name} in ${result.project}: ${result.files.join(', ')}.`);
    const place = args.folder === '.' ? '' : ` ${args.folder}`;
    this.printParagraph(`Fill in scope.yaml; what comes next is told by: genai status${place}`);
    return result;
  }

  /** What the flags say, and where they do not what the person at the terminal does. */
  private async answers(
    folder: string,
    { name, task }: { readonly name?: string | undefined; readonly task?: string | undefined },
  ): Promise<{ name: string | undefined; task: string }> {
    const { SCOPE_TASK_NAMES, scopeTask } = await import('../core/scope/tasks.js');
    const { prompts } = this.ports;
    if (prompts.interactive && !this.jsonEnabled()) {
      const choices = SCOPE_TASK_NAMES.map((value) => {
        const { words, explanation } = scopeTask(value);
        return { name: `${value} (${words[0]})`, value: value as string, description: explanation };
      });
      return {
        name: name ?? (await prompts.text('What is the project called?', { default: basename(folder) })),
        task: task ?? (await prompts.choose('What shall the model do?', choices)),
      };
    }
    if (task !== undefined) return { name, task };
    throw new ToolkitError(
      '--task is missing: what the model does',
      'USAGE',
      `Without a terminal nothing is asked. Give one of: ${SCOPE_TASK_NAMES.join(', ')}.`,
    );
  }
}
