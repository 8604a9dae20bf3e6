import { join } from 'node:path';
import type {
  Cell,
  ElementwiseProgram,
  ElementwiseUpdate,
  Engine,
  Executable,
  Program,
  TensorData,
  TensorSpec,
} from '../src/core/engine/engine.js';
import { HostElementwiseUpdate } from '../src/core/engine/onnxruntime/elementwise.js';
import { OnnxRuntimeEngine } from '../src/core/engine/onnxruntime/engine.js';
import { OnnxExecutable } from '../src/core/engine/onnxruntime/executable.js';
import type { SessionSettings } from '../src/core/engine/onnxruntime/session.js';

/**
 * The default engine on the CPU with every program profiled. Each gets a file of its own: ONNX Runtime names profiles
 * by the second, and two sessions made in the same one would write over each other.
 */
export class ProfilingEngine implements Engine {
  readonly name = 'onnxruntime' as const;
  readonly device: string;
  /** Names of the programs; the profile of the first is in a file that begins with `0_`, and so on. */
  readonly programs: string[] = [];
  private readonly plain: OnnxRuntimeEngine;
  private readonly settings: SessionSettings;

  /** @param folder where the profiles are written, when the programs are disposed */
  constructor(
    threads: number,
    private readonly folder: string,
  ) {
    this.settings = { provider: 'cpu', threads };
    this.plain = new OnnxRuntimeEngine(this.settings);
    this.device = this.plain.device;
  }

  cell(spec: TensorSpec, data?: TensorData): Promise<Cell> {
    return this.plain.cell(spec, data);
  }

  compile(program: Program): Promise<Executable> {
    return OnnxExecutable.compile(program, this.settingsFor(program));
  }

  compileElementwise(program: ElementwiseProgram): Promise<ElementwiseUpdate> {
    return HostElementwiseUpdate.compile(program, this.settingsFor(program));
  }

  dispose(): Promise<void> {
    return this.plain.dispose();
  }

  private settingsFor({ name }: { readonly name: string }): SessionSettings {
    this.programs.push(name);
    return { ...this.settings, profilePrefix: join(this.folder, String(this.programs.length - 1)) };
  }
}
