import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import type { PullResult } from '../../lifecycle/select/pull/pull.js';

/** `genai select pull`: a model from the hub to this machine. */
export default class Pull extends BaseCommand<PullResult> {
  static override summary = 'Download a model from the Hugging Face hub.';

  static override description =
    'Puts the model into the cache that Python tools share (HF_HOME, HF_HUB_CACHE), or as plain files into --out. ' +
    'Every file is held against its size and digest. Stopped, it goes on with the same command; without a network a ' +
    'model in the cache is taken. By default configuration, tokenizer, safetensors weights, README and licence are ' +
    'brought; pickles never. HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are honoured.';

  static override examples = [
    {
      description: 'A small model into the shared cache:',
      command: '<%= config.bin %> <%= command.id %> HuggingFaceTB/SmolLM2-135M',
    },
    {
      description: 'Its configuration and tokenizer alone, as plain files:',
      command:
        '<%= config.bin %> <%= command.id %> HuggingFaceTB/SmolLM2-135M --include "*.json" "*.txt" --out models/smollm2',
    },
  ];

  static override args = {
    id: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'The model, ORG/NAME as in the address of its page.',
    }),
  };

  static override flags = {
    revision: Flags.string({ default: 'main', summary: 'Branch, tag or commit.' }),
    include: Flags.string({
      multiple: true,
      summary: 'Bring files that match these patterns instead of the usual ones.',
    }),
    exclude: Flags.string({ multiple: true, summary: 'Leave out files that match these patterns.' }),
    out: Flags.string({ summary: 'Folder for plain files, instead of the cache.' }),
  };

  async run(): Promise<PullResult> {
    const { args, flags } = await this.parse(Pull);
    const { huggingFaceHub } = await import('../../platform/model-hub.js');
    const { nodeDownloadFiles } = await import('../../platform/download-files.js');
    const { nodeMachineResources } = await import('../../platform/machine-resources.js');
    const { pullModel } = await import('../../lifecycle/select/pull/pull.js');
    const { pullParagraphs } = await import('../../cli/renderers/pull.js');
    const { revision, include, exclude, out } = flags;
    const progress = this.progress();
    const result = await pullModel(
      { id: args.id, revision, include, exclude, out },
      {
        hub: huggingFaceHub(this.ports.environment),
        fileSystem: this.ports.fileSystem,
        files: nodeDownloadFiles,
        resources: nodeMachineResources,
        onProgress: (event) => progress.update(event),
        signal: this.signal,
      },
    );
    for (const paragraph of pullParagraphs(result)) this.printParagraph(paragraph);
    return result;
  }
}
