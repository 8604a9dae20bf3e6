import type { Tensor } from '@tensorflow/tfjs';

/** Element types a program's inputs and outputs may have; half-precision storage is the engine's affair. */
export type ElementType = 'float32' | 'int32' | 'bool';

/** Host memory of a tensor, in row-major order. `bool` is one byte per element, 0 or 1. */
export type TensorData = Float32Array | Int32Array | Uint8Array;

/** Shape and element type. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
}

/**
 * A mutable tensor that lives where its engine computes: a typed array on the CPU, a buffer on a GPU.
 * Model weights, gradients, optimiser moments and key/value caches are cells, so that a training step moves
 * only token ids in and a loss out.
 */
export interface Cell extends TensorSpec {
  /** Copies the current value to host memory. */
  read(): Promise<TensorData>;
  /** Replaces the value. */
  write(data: TensorData): Promise<void>;
  /** Makes every element zero. */
  clear(): Promise<void>;
  dispose(): void;
}

/** A named pure function over tensors, written in TensorFlow.js operations. */
export interface Program {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /**
   * Sizes that each run chooses, by name, each with the number that stands for it in the shapes of inputs
   * (`standInSizes` makes them): one compiled graph serves all.
   */
  readonly symbolic?: Readonly<Record<string, number>>;
  /** Outputs that every run stores into cells, where the engine computes, instead of returning them. */
  readonly resident?: readonly string[];
  /** Called under `tf.tidy`. What it reads from outside its inputs is fixed when the program is compiled. */
  readonly body: (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;
}

/** A program made ready for one engine and one set of shapes. */
export interface Executable {
  readonly outputs: Readonly<Record<string, TensorSpec>>;
  /**
   * Runs once.
   * @param feeds a value for every input, by name; host arrays are not copied on the CPU
   * @param into a cell for every resident output, by name. A cell may also be fed, that is updated in
   *   place, only if nothing but the computation of that very element reads it (an element-wise update).
   * @param sizes what this run chooses for each of the program's symbolic sizes
   * @returns the outputs that are not resident, in host memory
   */
  run(
    feeds: Readonly<Record<string, Cell | TensorData>>,
    into?: Readonly<Record<string, Cell>>,
    sizes?: Readonly<Record<string, number>>,
  ): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

/**
 * An update that treats every element alike, such as an optimiser step: `state` tensors share one shape and are
 * replaced by the outputs of the same names, `scalars` are the step's coefficients.
 */
export interface ElementwiseProgram {
  readonly name: string;
  /** Names of the tensors that are read and replaced, e.g. parameter and moments. */
  readonly state: readonly string[];
  /** Names of the tensors that are only read, e.g. the gradient. */
  readonly readOnly: readonly string[];
  readonly scalars: readonly string[];
  readonly body: (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;
}

/** An element-wise program ready to be applied, in place, to any number of groups of cells. */
export interface ElementwiseUpdate {
  /** @param groups each maps every `state` and `readOnly` name to a float32 cell; all of one group share a shape */
  apply(
    groups: readonly Readonly<Record<string, Cell>>[],
    scalars: Readonly<Record<string, number>>,
  ): Promise<void>;
  dispose(): Promise<void>;
}

/** What runs programs. One interface over compiled graphs and eager execution. */
export interface Engine {
  readonly name: 'onnxruntime' | 'tensorflow' | 'reference';
  /** The device that really computes, read back from the runtime and never just the one asked for. */
  readonly device: string;
  /** Makes a cell; without `data` it is zero. */
  cell(spec: TensorSpec, data?: TensorData): Promise<Cell>;
  compile(program: Program): Promise<Executable>;
  compileElementwise(program: ElementwiseProgram): Promise<ElementwiseUpdate>;
  dispose(): Promise<void>;
}
