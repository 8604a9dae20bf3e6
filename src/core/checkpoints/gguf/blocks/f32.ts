import { GGUF_TYPES } from '../../../memory/gguf-types.js';
import { blocksToDecode, blocksToEncode, type BlockCodec } from './block-codec.js';

const { blockElements, blockBytes } = GGUF_TYPES.F32;

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** IEEE 754 single precision, little-endian. */
export const f32: BlockCodec = {
  type: 'F32',
  blockElements,
  blockBytes,
  decode(bytes, into) {
    blocksToDecode('F32', bytes, into.length);
    bytesOf(into).set(bytes);
  },
  encode(values, into) {
    blocksToEncode('F32', values, into);
    into.set(bytesOf(values));
  },
};
