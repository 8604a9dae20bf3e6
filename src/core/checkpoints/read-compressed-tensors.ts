import { join } from 'node:path';
import { ToolkitError } from '../errors/toolkit-error.js';
import { dequantizeMatrix } from '../quantization/dequantize-matrix.js';
import { middleInteger } from '../quantization/integer-scheme.js';
import { blocksPerRow, type QuantizedMatrix } from '../quantization/quantized-matrix.js';
import { rowBlockSize } from '../quantization/quantize-matrix.js';
import { readWeightsSchemes, type WeightsScheme } from './compressed-tensors-config.js';
import type { JsonObject } from './json-file.js';
import { quoteName } from './quote-name.js';
import type { SafetensorsEntry, SafetensorsFile } from './safetensors.js';
import { describeShape, type TensorSource } from './tensor-source.js';
import { WORD_BITS } from './write-compressed-tensors.js';

/** The tensors of a folder as its files have them. */
export interface StoredTensors extends TensorSource {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  readonly readBytes: SafetensorsFile['readBytes'];
}

/** The tensors of a folder as a model has them: those of integers look like any other. */
export interface DequantizedTensors extends Required<TensorSource> {
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
}

/** Parts that a weight in integers is stored in. */
const PARTS = ['weight_packed', 'weight', 'weight_scale', 'weight_shape', 'weight_zero_point'] as const;

/** Scales of activations and of cached keys and values, which are computed with as they are here. */
const RUNTIME_PARTS = /\.(?:input|output|k|v|q)_(?:scale|zero_point)$/;

/** Smallest and largest block of a {@link QuantizedMatrix}. */
const SMALLEST_BLOCK = 16;
const LARGEST_BLOCK = 256;

/** A weight in integers: where its parts are, and what they are parts of. */
interface CompressedWeight {
  readonly module: string;
  readonly outputs: number;
  readonly inputs: number;
  /** Bits that an integer is stored in. */
  readonly bits: 4 | 8;
  readonly isPacked: boolean;
  /** Scales in a row. */
  readonly groups: number;
  readonly hasZeroPoints: boolean;
  readonly entry: SafetensorsEntry;
}

function bad(path: string, name: string, problem: string): ToolkitError {
  return new ToolkitError(
    `${path}: tensor ${quoteName(name)} ${problem}`,
    'BAD_CHECKPOINT',
    'The folder is damaged; get the model again.',
  );
}

/** Words of 32 bits that hold so many integers. */
function wordsFor(count: number, bits: number): number {
  return Math.ceil((count * bits) / WORD_BITS);
}

/** Scales in a row of `inputs`; `undefined` where the groups do not divide it. */
function groupsOf({ strategy, group_size }: WeightsScheme, inputs: number): number | undefined {
  if (strategy !== 'group') return 1;
  return group_size != null && group_size > 0 && inputs % group_size === 0 ? inputs / group_size : undefined;
}

/**
 * Presents the tensors of a `compressed-tensors` folder as those of the model before it was quantised.
 *
 * @param path the folder, for errors
 * @throws ToolkitError `UNSUPPORTED` for other than integers of 4 and 8 bits; `BAD_CHECKPOINT` for parts that are missing
 *   or do not fit together
 */
export async function readCompressedTensors(
  path: string,
  quantizationConfig: JsonObject,
  stored: StoredTensors,
): Promise<DequantizedTensors> {
  const schemes = readWeightsSchemes(join(path, 'config.json'), quantizationConfig);
  const tensors = new Map<string, SafetensorsEntry>();
  const weights = new Map<string, CompressedWeight>();
  for (const [name, entry] of stored.tensors) {
    if (RUNTIME_PARTS.test(name)) continue;
    const [, module, part] = /^(.*)\.(weight(?:_\w+)?)$/.exec(name) ?? [];
    const isWhole = part === undefined || (part === 'weight' && entry.dtype !== 'I8');
    const isOfIntegers =
      module !== undefined && (stored.tensors.has(`${module}.weight_packed`) || hasBytes(module, stored));
    if (isWhole && !isOfIntegers) tensors.set(name, entry);
    else if (!(PARTS as readonly string[]).includes(part ?? ''))
      throw new ToolkitError(
        `${path}: tensor ${quoteName(name)} is of a way of quantising that cannot be read`,
        'UNSUPPORTED',
        'Get the model as it was before quantisation.',
      );
    else if (!isOfIntegers) throw bad(path, name, 'belongs to no weight in integers');
    else if (part === 'weight' && stored.tensors.has(`${module!}.weight_packed`))
      throw bad(path, name, 'stands beside the same weight in integers');
    else if (part === 'weight_packed' || part === 'weight') {
      const weight = await describeWeight(path, module!, part === 'weight_packed', schemes, stored);
      tensors.set(`${module!}.weight`, weight.entry);
      weights.set(`${module!}.weight`, weight);
    }
  }
  const readQuantized: DequantizedTensors['readQuantized'] = async (name) => {
    const weight = weights.get(name);
    return weight === undefined ? undefined : readMatrix(weight, stored);
  };
  return {
    tensors,
    readQuantized,
    async readTensor(name) {
      const weight = weights.get(name);
      if (weight === undefined) return stored.readTensor(name);
      return { shape: weight.entry.shape, data: dequantizeMatrix(await readMatrix(weight, stored)) };
    },
  };
}

function hasBytes(module: string, { tensors }: StoredTensors): boolean {
  return tensors.get(`${module}.weight`)?.dtype === 'I8';
}

async function describeWeight(
  path: string,
  module: string,
  isPacked: boolean,
  schemes: readonly WeightsScheme[],
  stored: StoredTensors,
): Promise<CompressedWeight> {
  const part = (name: (typeof PARTS)[number]): SafetensorsEntry | undefined =>
    stored.tensors.get(`${module}.${name}`);
  const required = (name: (typeof PARTS)[number]): SafetensorsEntry => {
    const found = part(name);
    if (found !== undefined) return found;
    throw bad(path, `${module}.${name}`, 'is missing');
  };
  const integersName = `${module}.${isPacked ? 'weight_packed' : 'weight'}`;
  const integers = required(isPacked ? 'weight_packed' : 'weight');
  const scale = required('weight_scale');
  if (isPacked && integers.dtype !== 'I32') {
    throw bad(path, integersName, `is of ${integers.dtype}, not of words of 32 bits`);
  }
  if (!['F32', 'F16', 'BF16'].includes(scale.dtype)) {
    throw bad(path, `${module}.weight_scale`, `is of ${scale.dtype}, not a floating-point type`);
  }
  if (integers.shape.length !== 2 || integers.bytes === 0) {
    throw bad(path, integersName, `has shape ${describeShape(integers.shape)}, not that of a matrix`);
  }
  const [outputs, columns] = integers.shape as [number, number];
  if (isPacked) required('weight_shape');
  const inputs = isPacked ? await readInputs(path, module, outputs, stored) : columns;

  const fitting = schemes.filter((scheme) => {
    const groups = groupsOf(scheme, inputs);
    const shape = scheme.strategy === 'tensor' ? '1' : `${outputs},${groups}`;
    const isWhole = !isPacked || wordsFor(inputs, scheme.num_bits) === columns;
    return groups !== undefined && isWhole && scale.shape.join() === shape;
  });
  const [scheme] = fitting;
  if (scheme === undefined) {
    const found = `${describeShape(integers.shape)} for ${inputs} inputs with scales of shape ${describeShape(scale.shape)}`;
    throw bad(path, integersName, `has shape ${found}, which fits no group of quantization_config`);
  }
  const groups = groupsOf(scheme, inputs)!;
  if (scheme.strategy === 'group' && scheme.group_size! % SMALLEST_BLOCK !== 0) {
    throw new ToolkitError(
      `${path}: weights in groups of ${scheme.group_size} cannot be read`,
      'UNSUPPORTED',
      `Multiples of ${SMALLEST_BLOCK} can.`,
    );
  }
  const bits = isPacked ? scheme.num_bits : 8;
  // Older releases also store the zero points of symmetric integers, all of them zero.
  const hasZeroPoints = fitting.every(({ symmetric }) => !symmetric);
  if (hasZeroPoints) {
    const zero = required('weight_zero_point');
    const shapes = { I8: `${outputs},${groups}`, I32: `${wordsFor(outputs, bits)},${groups}` };
    if (!(zero.dtype in shapes) || zero.shape.join() !== shapes[zero.dtype as 'I8' | 'I32']) {
      const found = `is ${zero.dtype} of shape ${describeShape(zero.shape)}`;
      throw bad(path, `${module}.weight_zero_point`, `${found}, which does not fit the weight`);
    }
  }
  const bytes = PARTS.reduce((sum, name) => sum + (part(name)?.bytes ?? 0), 0);
  const entry = { dtype: scale.dtype, shape: [outputs, inputs], offset: integers.offset, bytes };
  return { module, outputs, inputs, bits, isPacked, groups, hasZeroPoints, entry };
}

/** Inputs of a packed weight, as its `weight_shape` says: the words alone leave open how full the last one is. */
async function readInputs(
  path: string,
  module: string,
  outputs: number,
  { tensors, readBytes }: StoredTensors,
): Promise<number> {
  const name = `${module}.weight_shape`;
  const entry = tensors.get(name)!;
  const isPair = entry.shape.join() === '2' && (entry.dtype === 'I64' || entry.dtype === 'I32');
  if (!isPair) throw bad(path, name, 'is not a pair of integers');
  const { buffer, byteOffset } = await readBytes(name);
  const pair =
    entry.dtype === 'I64' ? new BigInt64Array(buffer, byteOffset, 2) : new Int32Array(buffer, byteOffset, 2);
  const [rows, inputs] = Array.from(pair as ArrayLike<number | bigint>, Number) as [number, number];
  if (rows === outputs && Number.isSafeInteger(inputs) && inputs > 0) return inputs;
  throw bad(path, name, `says ${describeShape([rows, inputs])} of a weight of ${outputs} rows`);
}

async function readMatrix(weight: CompressedWeight, stored: StoredTensors): Promise<QuantizedMatrix> {
  const { module, outputs, inputs, bits, groups, hasZeroPoints } = weight;
  const blockSize = groups === 1 ? rowBlockSize(inputs) : largestBlock(inputs / groups);
  const blocks = blocksPerRow({ inputs, blockSize });
  const { data: own } = await stored.readTensor(`${module}.weight_scale`);
  // A scale of the whole tensor stands for every row.
  const scaleAt = (output: number, group: number): number =>
    own[own.length === 1 ? 0 : output * groups + group]!;
  const zeroPointAt = hasZeroPoints ? await readZeroPoints(weight, stored) : undefined;
  const scales = new Float32Array(outputs * blocks);
  const zeroPoints = zeroPointAt && new Uint8Array(outputs * blocks);
  for (let index = 0; index < scales.length; index++) {
    const [output, block] = [Math.floor(index / blocks), index % blocks];
    const group = groups === 1 ? 0 : Math.floor((block * blockSize * groups) / inputs);
    scales[index] = scaleAt(output, group);
    if (zeroPoints !== undefined) zeroPoints[index] = zeroPointAt!(output, group);
  }
  const values = await readIntegers(weight, (blocks * blockSize * bits) / 8, stored);
  return { outputs, inputs, bits, blockSize, values, scales, ...(zeroPoints && { zeroPoints }) };
}

/** The largest block that divides a size. */
function largestBlock(size: number): number {
  return Math.min(LARGEST_BLOCK, size & -size);
}

/** Unsigned integers, each row in `rowBytes`. */
async function readIntegers(
  { module, outputs, inputs, bits, isPacked }: CompressedWeight,
  rowBytes: number,
  { readBytes }: StoredTensors,
): Promise<Uint8Array> {
  const bytes = await readBytes(`${module}.${isPacked ? 'weight_packed' : 'weight'}`);
  const stride = bytes.length / outputs;
  const used = Math.ceil((inputs * bits) / 8);
  const values = new Uint8Array(outputs * rowBytes);
  // Bytes of their own are signed: 2^7 more makes them unsigned.
  const flipped = isPacked ? 0 : middleInteger({ bits: 8 });
  for (let output = 0; output < outputs; output++) {
    for (let byte = 0; byte < used; byte++) {
      values[output * rowBytes + byte] = bytes[output * stride + byte]! ^ flipped;
    }
  }
  return values;
}

/** Looks up unsigned zero points, stored signed in bytes or packed along the outputs. */
async function readZeroPoints(
  { module, bits, groups }: CompressedWeight,
  { tensors, readBytes }: StoredTensors,
): Promise<(output: number, group: number) => number> {
  const name = `${module}.weight_zero_point`;
  const bytes = await readBytes(name);
  if (tensors.get(name)!.dtype === 'I8') {
    return (output, group) => (bytes[output * groups + group]! + middleInteger({ bits })) & (2 ** bits - 1);
  }
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const perWord = WORD_BITS / bits;
  return (output, group) =>
    (words[Math.floor(output / perWord) * groups + group]! >>> ((output % perWord) * bits)) & (2 ** bits - 1);
}
