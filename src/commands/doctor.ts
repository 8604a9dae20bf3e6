import { BaseCommand } from '../cli/base-command.js';
import { createEngine, ENGINE_FLAGS } from '../cli/engine-flags.js';
import { quietTensorflow } from '../cli/quiet-tensorflow.js';
import { EXIT_CODES } from '../core/errors/exit-codes.js';
import type { DoctorReport } from '../lifecycle/doctor/doctor.js';

/** `genai doctor`: what this machine can compute with, and what to do about what it lacks. */
export default class Doctor extends BaseCommand<DoctorReport> {
  static override summary = 'Show what this machine can compute with, and what it lacks.';

  static override description =
    'Reports the toolkit, Node, the machine and every engine: whether it works, and if not why and what to do. Measures ' +
    'how fast the chosen engine multiplies matrices, which bounds the speed of training. Ends with status 0 if that ' +
    `engine computes, else ${EXIT_CODES.ENGINE.exit}.`;

  static override examples = [
    {
      description: 'The default engine:',
      command: '<%= config.bin %> <%= command.id %>',
    },
    {
      description: 'On a graphics card, for a program to read:',
      command: '<%= config.bin %> <%= command.id %> --device webgpu --json',
    },
  ];

  static override flags = { ...ENGINE_FLAGS };

  async run(): Promise<DoctorReport> {
    const { flags } = await this.parse(Doctor);
    const { doctor } = await import('../lifecycle/doctor/doctor.js');
    const { graphicsProblem } = await import('../platform/graphics-driver.js');
    const { nodeProcessInfo } = await import('../platform/process-info.js');
    const { nodeMachineResources } = await import('../platform/machine-resources.js');
    const { readToolkitPackage } = await import('../platform/toolkit-package.js');
    quietTensorflow();
    const report = await doctor(
      { folder: process.cwd(), tensorflowPackage: this.ports.environment['GENAI_TFJS_NODE'] },
      {
        toolkit: readToolkitPackage(),
        process: nodeProcessInfo,
        resources: nodeMachineResources,
        createEngine: () => createEngine(flags, this.ports.environment),
        now: () => performance.now(),
        graphicsProblem: () => graphicsProblem(this.ports.environment),
      },
    );
    const { advice, engineRows, ENGINE_COLUMNS, factRows, FACT_COLUMNS } =
      await import('../cli/renderers/doctor.js');
    this.printTable(FACT_COLUMNS, factRows(report));
    this.print('\n');
    this.printTable(ENGINE_COLUMNS, engineRows(report));
    for (const text of advice(report)) {
      this.print('\n');
      this.printParagraph(text);
    }
    if (report.ready) return report;
    // The report is the answer also where it is bad news, so it is printed as it is, and only the status tells.
    if (this.jsonEnabled()) this.logJson(report);
    this.exit(EXIT_CODES.ENGINE.exit);
  }
}
