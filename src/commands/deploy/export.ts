import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { formatBytes } from '../../cli/format.js';
import { threadsOf, VERIFICATION_FLAGS } from '../../cli/verification-flags.js';
import { EXIT_CODES } from '../../core/errors/exit-codes.js';
import type { ExportResult } from '../../lifecycle/deploy/export.js';

/** `genai deploy export`: a model in the form that other programs run. */
export default class Export extends BaseCommand<ExportResult> {
  static override summary = 'Write a model in the form that other programs run, and verify it.';

  static override description =
    'Targets: safetensors (transformers, vLLM), onnx (Transformers.js, ONNX Runtime), gguf (llama.cpp, LM Studio) and ' +
    'ollama (GGUF with a Modelfile). An adapter is added into the weights. What was written is run in its own runtime and ' +
    'held against the original, as `genai deploy verify` does; the status is 100 where it is not the same model.';

  static override examples = [
    {
      description: 'For llama.cpp, in four bits:',
      command: '<%= config.bin %> <%= command.id %> templates/starter-model --target gguf --precision Q4_K_M',
    },
    {
      description: 'For a browser, with an adapter added in:',
      command:
        '<%= config.bin %> <%= command.id %> templates/starter-model --target onnx --precision int8 --adapter runs/sentiment/adapter --out exports/sentiment-web',
    },
    {
      description: 'For Ollama, in place of the last one:',
      command:
        '<%= config.bin %> <%= command.id %> templates/starter-model --target ollama --precision Q8_0 --name starter --force',
    },
  ];

  static override args = {
    model: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'Folder of a model, run or adapter, or a GGUF file.',
    }),
  };

  static override flags = {
    target: Flags.string({ required: true, summary: 'safetensors, onnx, gguf or ollama.' }),
    precision: Flags.string({
      summary:
        'Type of the weights, such as BF16 (safetensors), int4 (onnx) or Q4_K_M (gguf, ollama) [default: the usual one].',
    }),
    adapter: Flags.string({ summary: 'LoRA adapter to add in.' }),
    'adapter-only': Flags.boolean({ summary: 'Write the adapter alone, to be put beside its base model.' }),
    out: Flags.string({ summary: 'Folder to write [default: exports/NAME-TARGET-PRECISION].' }),
    name: Flags.string({ summary: 'What the export is called [default: as the model].' }),
    force: Flags.boolean({ summary: 'Replace the folder where it was exported before.' }),
    verify: Flags.boolean({
      allowNo: true,
      default: true,
      summary: 'Hold it against the original.',
      helpGroup: 'VERIFICATION',
    }),
    ...VERIFICATION_FLAGS,
  };

  async run(): Promise<ExportResult> {
    const { args, flags } = await this.parse(Export);
    const { exportModelFiles, exportStep } = await import('../../lifecycle/deploy/export.js');
    const { printVerification, verificationPorts } = await import('../../cli/verification-printer.js');
    const { findProject } = await import('../../core/project/project-folder.js');
    const { ports, signal } = this;
    const progress = this.progress();
    const { 'adapter-only': adapterOnly, threads: _threads, quiet: _quiet, ...named } = flags;
    const options = {
      ...named,
      model: args.model,
      adapterOnly,
      home: (await findProject(ports.fileSystem, process.cwd())) ?? undefined,
    };
    const result = await exportModelFiles(options, {
      ...verificationPorts(ports, threadsOf(flags), (event) => progress.update(event), signal),
      now: () => ports.now(),
    });
    this.printTable(
      [{ title: 'file' }, { title: 'size', align: 'right' }],
      result.files.map(({ path, bytes }) => [path, formatBytes(bytes)]),
    );
    this.printParagraph('');
    this.printParagraph(`Written to ${result.output_dir} (${formatBytes(result.total_bytes)}).`);
    for (const note of result.notes) this.printParagraph(`Note: ${note}`);
    const { verification } = result;
    if (verification !== null) {
      this.printParagraph('');
      printVerification(
        verification,
        (columns, rows) => this.printTable(columns, rows),
        (text) => this.printParagraph(text),
      );
    }
    await this.recordStep([result.output_dir], (project) => exportStep(project, options, result));
    if (verification?.verdict !== 'fail') return result;
    if (this.jsonEnabled()) this.logJson(result);
    this.exit(EXIT_CODES.BELOW_THRESHOLD.exit);
  }
}
