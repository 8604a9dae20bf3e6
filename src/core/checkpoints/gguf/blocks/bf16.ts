import { bfloat16ToFloat32, float32ToBfloat16 } from '../../half-precision.js';
import { halfPrecisionCodec } from './half-precision-codec.js';

/** The upper half of a float32. */
export const bf16 = halfPrecisionCodec('BF16', bfloat16ToFloat32, float32ToBfloat16);
