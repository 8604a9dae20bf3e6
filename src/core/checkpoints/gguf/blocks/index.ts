/** Reading and writing the block formats of ggml's tensors. */
import { ToolkitError } from '../../../errors/toolkit-error.js';
import type { GgufTypeName } from '../../../memory/gguf-types.js';
import { bf16 } from './bf16.js';
import type { BlockCodec } from './block-codec.js';
import { f16 } from './f16.js';
import { f32 } from './f32.js';
import { iq4_nl } from './iq4_nl.js';
import { iq4_xs } from './iq4_xs.js';
import { mxfp4 } from './mxfp4.js';
import { q2_k } from './q2_k.js';
import { q3_k } from './q3_k.js';
import { q4_0 } from './q4_0.js';
import { q4_1 } from './q4_1.js';
import { q4_k } from './q4_k.js';
import { q5_0 } from './q5_0.js';
import { q5_1 } from './q5_1.js';
import { q5_k } from './q5_k.js';
import { q6_k } from './q6_k.js';
import { q8_0 } from './q8_0.js';
import { tq1_0 } from './tq1_0.js';
import { tq2_0 } from './tq2_0.js';

export type { BlockCodec } from './block-codec.js';

/** A codec that can write its type. */
export type BlockEncoder = BlockCodec & Required<Pick<BlockCodec, 'encode'>>;

/** Every codec, by its type. */
export const BLOCK_CODECS: ReadonlyMap<GgufTypeName, BlockCodec> = new Map(
  [
    f32,
    f16,
    bf16,
    q8_0,
    q6_k,
    q5_1,
    q5_0,
    q5_k,
    q4_1,
    q4_0,
    q4_k,
    iq4_nl,
    iq4_xs,
    mxfp4,
    q3_k,
    q2_k,
    tq2_0,
    tq1_0,
  ].map((codec) => [codec.type, codec]),
);

/**
 * The codec of a tensor type.
 * @throws ToolkitError UNSUPPORTED if this toolkit cannot read the type
 */
export function blockCodec(type: GgufTypeName): BlockCodec {
  const codec = BLOCK_CODECS.get(type);
  if (codec !== undefined) return codec;
  throw new ToolkitError(
    `Tensors of the type ${type} cannot be read by this toolkit`,
    'UNSUPPORTED',
    `Take a file of the same model in one of the types it reads (${names(BLOCK_CODECS.values())}), as those named ` +
      'Q8_0, Q6_K, Q4_K_M or F16 are, or make one with llama-quantize of llama.cpp.',
  );
}

/**
 * The codec of a tensor type that is to be written.
 * @throws ToolkitError UNSUPPORTED if this toolkit cannot write the type
 */
export function blockEncoder(type: GgufTypeName): BlockEncoder {
  const codec = BLOCK_CODECS.get(type);
  if (codec !== undefined && canEncode(codec)) return codec;
  throw new ToolkitError(
    `Tensors of the type ${type} cannot be written by this toolkit`,
    'UNSUPPORTED',
    `Choose one of ${names([...BLOCK_CODECS.values()].filter(canEncode))}, or write F16 or BF16 here and make ` +
      `${type} of that file with llama-quantize of llama.cpp.`,
  );
}

function canEncode(codec: BlockCodec): codec is BlockEncoder {
  return codec.encode !== undefined;
}

function names(codecs: Iterable<BlockCodec>): string {
  return Array.from(codecs, ({ type }) => type).join(', ');
}
