import type { IntegerScheme } from '../quantization/integer-scheme.js';
import { middleInteger } from '../quantization/integer-scheme.js';
import { blocksPerRow, type QuantizedMatrix } from '../quantization/quantized-matrix.js';
import type { IntegerFormat } from './compressed-tensors-config.js';
import type { HostTensor } from './checkpoint.js';
import { castTensors, type StoredTensor } from './safetensors.js';
import type { SafetensorsDtype } from './safetensors-header.js';

/** Bits of the words that integers are packed in. */
export const WORD_BITS = 32;

function ofBytes(dtype: SafetensorsDtype, shape: readonly number[], bytes: Uint8Array): StoredTensor {
  return {
    ...{ dtype, shape, bytes: bytes.length },
    content: async function* () {
      yield bytes;
    },
  };
}

/** Rows of integers, each padded to whole words of 32 bits, the first integer in the lowest bits. */
function packedRows({ outputs, inputs, bits, blockSize, values }: QuantizedMatrix): Uint8Array {
  const rowBytes = (blocksPerRow({ inputs, blockSize }) * blockSize * bits) / 8;
  const packedBytes = (Math.ceil((inputs * bits) / WORD_BITS) * WORD_BITS) / 8;
  const packed = new Uint8Array(outputs * packedBytes);
  for (let output = 0; output < outputs; output++) {
    packed.set(values.subarray(output * rowBytes, output * rowBytes + packedBytes), output * packedBytes);
  }
  return packed;
}

/** [outputs, inputs] signed, one in a byte. */
function signedRows({ outputs, inputs, bits, blockSize, values }: QuantizedMatrix): Uint8Array {
  const rowBytes = blocksPerRow({ inputs, blockSize }) * blockSize;
  const middle = middleInteger({ bits });
  const signed = new Uint8Array(outputs * inputs);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      signed[output * inputs + input] = values[output * rowBytes + input]! - middle;
    }
  }
  return signed;
}

/** One column of every `step`-th: what is repeated for blocks that share it is stored once. */
function everyNth<T extends Float32Array | Uint8Array>(values: T, step: number): T {
  return values.filter((_, index) => index % step === 0) as T;
}

/** Zero points [outputs, groups] packed along the outputs: [words, groups]. */
function packedColumns(zeroPoints: Uint8Array, groups: number, bits: number): Uint8Array {
  const outputs = zeroPoints.length / groups;
  const perWord = WORD_BITS / bits;
  const words = Math.ceil(outputs / perWord);
  const packed = new Uint32Array(words * groups);
  zeroPoints.forEach((zeroPoint, index) => {
    const [output, group] = [Math.floor(index / groups), index % groups];
    const place = Math.floor(output / perWord) * groups + group;
    packed[place] = (packed[place]! | (zeroPoint << ((output % perWord) * bits))) >>> 0;
  });
  return new Uint8Array(packed.buffer);
}

/**
 * The tensors that stand for a linear layer's weight: integers, scales, zero points and, of packed ones, the shape.
 *
 * @param module name without `.weight`
 * @param matrix as quantised by `scheme`
 */
export function compressedTensors(
  module: string,
  matrix: QuantizedMatrix,
  { bits, blockSize, scaleType }: IntegerScheme,
  format: IntegerFormat,
): Map<string, StoredTensor> {
  const { outputs, inputs, scales, zeroPoints } = matrix;
  const groups = blockSize === null ? 1 : inputs / blockSize;
  const repeated = scales.length / (outputs * groups);
  const scale: HostTensor = { shape: [outputs, groups], data: everyNth(scales, repeated) };
  const stored = castTensors(new Map([[`${module}.weight_scale`, scale]]), scaleType);
  const add = (part: string, tensor: StoredTensor): unknown => stored.set(`${module}.${part}`, tensor);
  if (format === 'pack-quantized') {
    add(
      'weight_packed',
      ofBytes('I32', [outputs, Math.ceil((inputs * bits) / WORD_BITS)], packedRows(matrix)),
    );
    const shape = new BigInt64Array([BigInt(outputs), BigInt(inputs)]);
    add('weight_shape', ofBytes('I64', [2], new Uint8Array(shape.buffer)));
  } else {
    add('weight', ofBytes('I8', [outputs, inputs], signedRows(matrix)));
  }
  if (zeroPoints === undefined) return stored;
  const zeros = everyNth(zeroPoints, repeated);
  if (format === 'pack-quantized') {
    const words = Math.ceil((outputs * bits) / WORD_BITS);
    add('weight_zero_point', ofBytes('I32', [words, groups], packedColumns(zeros, groups, bits)));
  } else {
    const middle = middleInteger({ bits });
    add(
      'weight_zero_point',
      ofBytes(
        'I8',
        [outputs, groups],
        zeros.map((zero) => zero - middle),
      ),
    );
  }
  return stored;
}
