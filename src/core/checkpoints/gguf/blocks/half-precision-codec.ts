import { GGUF_TYPES } from '../../../memory/gguf-types.js';
import { blocksToDecode, blocksToEncode, type BlockCodec } from './block-codec.js';

/** The codec of numbers of 16 bits in a row, little-endian. Values beyond the type's range become infinite. */
export function halfPrecisionCodec(
  type: 'F16' | 'BF16',
  widen: (source: Uint16Array, target: Float32Array) => Float32Array,
  narrow: (source: Float32Array) => Uint16Array,
): BlockCodec {
  const { blockElements, blockBytes } = GGUF_TYPES[type];
  return {
    type,
    blockElements,
    blockBytes,
    decode(bytes, into) {
      const count = blocksToDecode(type, bytes, into.length);
      // Views of 16-bit numbers start at even bytes.
      const aligned = bytes.byteOffset % Uint16Array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
      widen(new Uint16Array(aligned.buffer, aligned.byteOffset, count), into);
    },
    encode(values, into) {
      blocksToEncode(type, values, into);
      into.set(new Uint8Array(narrow(values).buffer));
    },
  };
}
