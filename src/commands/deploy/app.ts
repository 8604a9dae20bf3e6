import { fileURLToPath } from 'node:url';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { AppTemplate, DeployAppResult } from '../../lifecycle/deploy/app.js';

/** Where the applications lie in the package. */
const TEMPLATES = fileURLToPath(new URL('../../../templates/apps', import.meta.url));

/** Where `genai deploy serve` listens unless told otherwise. */
const SERVED = 'http://127.0.0.1:8080/v1';

/** `genai deploy app`: an application on top of a model server. */
export default class DeployApp extends BaseCommand<
  DeployAppResult | { readonly templates: readonly AppTemplate[] }
> {
  static override summary = 'Make an application that uses a served model.';

  static override description =
    'Writes the folder of an application in TypeScript, with its README and tests, that asks a model through the OpenAI ' +
    'API: the one of genai deploy serve, or any other. It is yours to change; nothing of this toolkit is needed to run it.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> --list',
    {
      description: 'Questions and answers over a folder of documents, with citations:',
      command: '<%= config.bin %> <%= command.id %> --template document-qa --out handbook',
    },
    {
      description: 'An agent that asks a model of another server:',
      command:
        '<%= config.bin %> <%= command.id %> --template tool-agent --base-url http://127.0.0.1:11434/v1 --model llama3.2',
    },
  ];

  static override flags = {
    template: Flags.string({ summary: 'Which application; --list names them.' }),
    list: Flags.boolean({ summary: 'Say which applications there are.', exclusive: ['template'] }),
    'base-url': Flags.string({ default: SERVED, summary: 'Address of the model server’s API.' }),
    model: Flags.string({ summary: 'Model to ask [default: the first that the server lists].' }),
    out: Flags.string({
      summary: 'Folder of the application; it must be new or empty [default: as the template].',
    }),
  };

  async run(): Promise<DeployAppResult | { readonly templates: readonly AppTemplate[] }> {
    const { flags } = await this.parse(DeployApp);
    const { appStep, deployApp, listApps } = await import('../../lifecycle/deploy/app.js');
    const ports = { files: this.ports.fileSystem, templates: TEMPLATES };
    if (flags.list) {
      const templates = await listApps(ports);
      const rows = templates.map(({ name, description }) => [name, description]);
      this.printTable([{ title: 'template' }, { title: 'what it is' }], rows);
      return { templates };
    }
    const { template, out, model, 'base-url': baseUrl } = flags;
    if (template === undefined) {
      const names = (await listApps(ports)).map(({ name }) => name);
      throw new ToolkitError(
        '--template is missing: which application',
        'USAGE',
        `Give one of: ${names.join(', ')}.`,
      );
    }
    const result = await deployApp({ template, out, baseUrl, model }, ports);
    this.printParagraph(`Made ${result.name} in ${result.folder}: ${result.files.join(', ')}.`);
    this.printParagraph(`The model server must run at ${result.base_url}: genai deploy serve MODEL. Then:`);
    for (const command of result.commands) this.printParagraph(`  ${command}`);
    await this.recordStep([result.folder], (project) => appStep(project, result));
    return result;
  }
}
