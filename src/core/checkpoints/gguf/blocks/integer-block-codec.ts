import { ToolkitError } from '../../../errors/toolkit-error.js';
import { GGUF_TYPES, type GgufTypeName } from '../../../memory/gguf-types.js';
import type { QuantizedMatrix } from '../../../quantization/quantized-matrix.js';
import { blocksToDecode, blocksToEncode, type BlockCodec } from './block-codec.js';

/** One block taken apart: a value is `scale * integer`, plus the offset where the type has one. */
export interface UnpackedBlock {
  /** One per element. */
  readonly integers: Int8Array;
  /** One per group of neighbours. */
  readonly scales: Float32Array;
  /** One per group; minima have their sign turned. Unused where the type has none. */
  readonly offsets: Float32Array;
}

/** What tells one type of integers with scales from another. */
export interface IntegerBlocks {
  readonly type: GgufTypeName;
  /** Neighbours that share a scale. */
  readonly groupElements: number;
  /** Bits that hold the integers in a `QuantizedMatrix`; a file may take fewer. */
  readonly bits: 4 | 8;
  /** Whether every group has an offset too. Such types count from 0, the others have negative integers. */
  readonly hasOffsets: boolean;
  /** Takes the block apart that starts at byte `at`. */
  readonly unpack: (bytes: Uint8Array, at: number, into: UnpackedBlock) => void;
  /** Writes the values from `from` on as the block that starts at byte `at`. */
  readonly encodeBlock?: (values: Float32Array, from: number, into: Uint8Array, at: number) => void;
}

/** The codec of a type whose blocks hold integers with scales. */
export function integerBlockCodec(blocks: IntegerBlocks): BlockCodec {
  const { type, encodeBlock } = blocks;
  const { blockElements, blockBytes } = GGUF_TYPES[type];
  return {
    type,
    blockElements,
    blockBytes,
    decode: (bytes, into) => decode(blocks, bytes, into),
    quantized: (bytes, outputs, inputs) => quantized(blocks, bytes, outputs, inputs),
    ...(encodeBlock && {
      encode(values: Float32Array, into: Uint8Array): void {
        const count = blocksToEncode(type, values, into);
        refuseUnwritable(type, values);
        for (let block = 0; block < count; block++) {
          encodeBlock(values, block * blockElements, into, block * blockBytes);
        }
      },
    }),
  };
}

function emptyBlock({ type, groupElements }: IntegerBlocks): UnpackedBlock {
  const { blockElements } = GGUF_TYPES[type];
  return {
    integers: new Int8Array(blockElements),
    scales: new Float32Array(blockElements / groupElements),
    offsets: new Float32Array(blockElements / groupElements),
  };
}

function decode(blocks: IntegerBlocks, bytes: Uint8Array, into: Float32Array): void {
  const { type, groupElements, hasOffsets } = blocks;
  const count = blocksToDecode(type, bytes, into.length);
  const { blockBytes } = GGUF_TYPES[type];
  const unpacked = emptyBlock(blocks);
  const { integers, scales, offsets } = unpacked;
  let written = 0;
  for (let block = 0; block < count; block++) {
    blocks.unpack(bytes, block * blockBytes, unpacked);
    let element = 0;
    for (let group = 0; group < scales.length; group++) {
      const scale = scales[group]!;
      const end = element + groupElements;
      if (hasOffsets) {
        const offset = offsets[group]!;
        while (element < end) into[written++] = Math.fround(scale * integers[element++]!) + offset;
      } else {
        while (element < end) into[written++] = scale * integers[element++]!;
      }
    }
  }
}

function quantized(
  blocks: IntegerBlocks,
  bytes: Uint8Array,
  outputs: number,
  inputs: number,
): QuantizedMatrix {
  const { type, groupElements, bits, hasOffsets } = blocks;
  const { blockElements, blockBytes } = GGUF_TYPES[type];
  if (inputs % blockElements !== 0) {
    throw new ToolkitError(
      `Rows of ${inputs} weights are no whole blocks of ${blockElements}, as ${type} has them`,
      'BAD_CHECKPOINT',
      'The file is damaged: fetch or convert it again.',
    );
  }
  const elements = outputs * inputs;
  const count = blocksToDecode(type, bytes, elements);
  const unpacked = emptyBlock(blocks);
  const groupsPerBlock = blockElements / groupElements;
  const values = new Uint8Array((elements * bits) / 8);
  const scales = new Float32Array(count * groupsPerBlock);
  const offsets = hasOffsets ? new Float32Array(scales.length) : undefined;
  for (let block = 0; block < count; block++) {
    blocks.unpack(bytes, block * blockBytes, unpacked);
    scales.set(unpacked.scales, block * groupsPerBlock);
    offsets?.set(unpacked.offsets, block * groupsPerBlock);
    const at = (block * blockElements * bits) / 8;
    if (bits === 8) storeBytes(unpacked.integers, values, at);
    else storeNibbles(unpacked.integers, hasOffsets ? 0 : MIDDLE_OF_FOUR_BITS, values, at);
  }
  return {
    outputs,
    inputs,
    bits,
    blockSize: groupElements,
    values,
    scales,
    ...(bits === 4 && hasOffsets && { zeroPoints: new Uint8Array(scales.length) }),
    ...(offsets && { offsets }),
  };
}

/** The zero points of a `QuantizedMatrix` that has none. */
const MIDDLE_OF_FOUR_BITS = 8;
const MIDDLE_OF_EIGHT_BITS = 128;

function storeBytes(integers: Int8Array, values: Uint8Array, at: number): void {
  for (let i = 0; i < integers.length; i++) values[at + i] = integers[i]! + MIDDLE_OF_EIGHT_BITS;
}

function storeNibbles(integers: Int8Array, zeroPoint: number, values: Uint8Array, at: number): void {
  for (let i = 0; i < integers.length; i += 2) {
    values[at + (i >>> 1)] = (integers[i]! + zeroPoint) | ((integers[i + 1]! + zeroPoint) << 4);
  }
}

/** 65504 * 128 * 32: what a float16, a scale and an integer come to in Q6_K, which reaches farthest of these types. */
const LARGEST_VALUE = 268_304_384;

function refuseUnwritable(type: GgufTypeName, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]!) <= LARGEST_VALUE) continue;
    throw new ToolkitError(
      `Value ${i} of a tensor is ${String(values[i])}, which ${type} cannot hold`,
      'BAD_CHECKPOINT',
      'Such weights come of a training that diverged: take an earlier checkpoint, or write the tensor as F32.',
    );
  }
}
