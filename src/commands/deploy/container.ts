import { fileURLToPath } from 'node:url';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { numberFlag } from '../../cli/number-flag.js';
import type { DeployContainerResult } from '../../lifecycle/deploy/container.js';

/** Where the files lie in the package. */
const TEMPLATES = fileURLToPath(new URL('../../../templates/container', import.meta.url));

/** `genai deploy container`: what runs a model server elsewhere. */
export default class DeployContainer extends BaseCommand<DeployContainerResult> {
  static override summary = 'Write what runs a model server in a container or as a service.';

  static override description =
    'A Dockerfile, a compose file, Kubernetes manifests or a systemd unit for genai deploy serve: an ordinary user, ' +
    'nothing to be written but temporary files, the key kept secret, health checks, and limits of memory from the ' +
    'estimate of the model. Nothing is built or started; the files say at their beginning what to run.';

  static override examples = [
    {
      description: 'Everything for the starter model:',
      command: '<%= config.bin %> <%= command.id %> templates/starter-model --target all --out deployment',
    },
    {
      description: 'Manifests for a cluster, the model within the image:',
      command:
        '<%= config.bin %> <%= command.id %> templates/starter-model --target kubernetes --model-in-image --image registry.example.com/starter:1.0 --out cluster',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'Folder of a model, or a GGUF file.',
    }),
  };

  static override flags = {
    target: Flags.option({ options: ['docker', 'compose', 'kubernetes', 'systemd', 'all'] as const })({
      required: true,
      summary: 'What the server is put into.',
    }),
    out: Flags.string({ default: 'deployment', summary: 'Folder for the files.' }),
    name: Flags.string({ summary: 'Name of the service [default: as the model].' }),
    image: Flags.string({ summary: 'Name of the image, with its tag [default: name and version].' }),
    'model-in-image': Flags.boolean({ summary: 'Put the model into the image instead of mounting it.' }),
    program: Flags.string({
      default: '/usr/local/bin/genai',
      summary: 'Where systemd finds this program.',
    }),
    port: Flags.integer({ default: 8080, min: 1024, max: 65_535, summary: 'Port of the server.' }),
    slots: Flags.integer({ default: 8, min: 1, summary: 'Requests that are answered at once.' }),
    context: Flags.integer({
      min: 2,
      summary: 'Tokens of a prompt and its answer [default: the model’s own, up to 2048].',
    }),
    cpus: Flags.integer({ default: 4, min: 1, summary: 'Processors that it may use.' }),
    'memory-gib': numberFlag({ summary: 'Limit of memory in GiB [default: estimated for the model].' }),
    force: Flags.boolean({ summary: 'Write over files of the same name.' }),
  };

  async run(): Promise<DeployContainerResult> {
    const { args, flags } = await this.parse(DeployContainer);
    const { containerStep, deployContainer } = await import('../../lifecycle/deploy/container.js');
    const { inferenceMemory } = await import('../../core/memory/inference-memory.js');
    const { resolveModel } = await import('../../core/selection/resolve-model.js');
    const { readToolkitPackage } = await import('../../platform/toolkit-package.js');
    const { target, out, name, image, port, slots, context, cpus, program, force } = flags;
    const { fileSystem: files } = this.ports;
    const options = {
      ...{ model: args.model, target, out, name, image, port, slots, context, cpus, program, force },
      memoryGib: flags['memory-gib'],
      modelInImage: flags['model-in-image'],
    };
    const result = await deployContainer(options, {
      ...{ files, templates: TEMPLATES, version: readToolkitPackage().version },
      describeModel: async (path) => {
        const { model, storedBytes: weightBytes } = await resolveModel(path, { fileSystem: files });
        return {
          contextLength: model.shape.contextLength,
          // What is stored in 16 bits may be computed with in 32.
          servingBytes: (batch, tokens) =>
            inferenceMemory(model, { dtype: 'fp32', batch, context: tokens, weightBytes }).total_bytes,
        };
      },
    });
    const { formatBinaryBytes } = await import('../../cli/format.js');
    const estimate =
      result.estimated_bytes === null ? '' : ` (estimated: ${formatBinaryBytes(result.estimated_bytes)})`;
    this.printParagraph(`Wrote ${result.files.join(', ')} to ${result.folder}.`);
    this.printParagraph(`Limit of memory: ${formatBinaryBytes(result.memory_limit_bytes)}${estimate}. Next:`);
    for (const command of result.commands) this.printParagraph(`  ${command}`);
    await this.recordStep([result.folder], (project) => containerStep(project, options, result));
    return result;
  }
}
