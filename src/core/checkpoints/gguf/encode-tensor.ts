import { ToolkitError } from '../../errors/toolkit-error.js';
import { GGUF_TYPES, type GgufTypeName } from '../../memory/gguf-types.js';
import { quoteName } from '../quote-name.js';
import { blockEncoder } from './blocks/index.js';

/** Values encoded at a time: 4 MiB of float32, in whole blocks. */
const PIECE_ELEMENTS = 2 ** 20;

/** The smallest number that rounds to infinity in float16. */
const FLOAT16_OVERFLOW = 65_520;

function assertInRange(values: Float32Array): void {
  const beyond = values.find((value) => Math.abs(value) >= FLOAT16_OVERFLOW && Number.isFinite(value));
  if (beyond === undefined) return;
  throw new ToolkitError(
    `holds ${beyond}, which is beyond the range of F16`,
    'UNSUPPORTED',
    'Write the model as BF16 or F32.',
  );
}

/**
 * The bytes of a tensor's values in a type, in pieces.
 * @param name of the tensor, for messages
 * @throws ToolkitError naming the tensor, as the type's codec does; UNSUPPORTED for a number that F16 cannot hold
 */
export function* encodeTensor(name: string, values: Float32Array, type: GgufTypeName): Generator<Uint8Array> {
  const { blockElements, blockBytes } = GGUF_TYPES[type];
  const codec = blockEncoder(type);
  const step = Math.ceil(PIECE_ELEMENTS / blockElements) * blockElements;
  for (let done = 0; done < values.length; done += step) {
    const piece = values.subarray(done, done + step);
    const bytes = new Uint8Array((piece.length / blockElements) * blockBytes);
    try {
      if (type === 'F16') assertInRange(piece);
      codec.encode(piece, bytes);
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      throw new ToolkitError(`tensor ${quoteName(name)}: ${error.message}`, error.code, error.hint, error);
    }
    yield bytes;
  }
}
