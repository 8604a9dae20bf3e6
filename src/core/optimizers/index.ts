/** How parameters follow their gradients. */
export { ADAMW_DEFAULTS, adamW, adamWScalars, type AdamWSettings } from './adamw.js';
export { clippingFactor } from './gradient-clipping.js';
