import { float16ToFloat32, float32ToFloat16 } from '../../half-precision.js';
import { halfPrecisionCodec } from './half-precision-codec.js';

/** IEEE 754 half precision. */
export const f16 = halfPrecisionCodec('F16', float16ToFloat32, float32ToFloat16);
