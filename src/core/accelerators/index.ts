/** Accelerators: memory, bandwidth, peak rates and prices, with the source of each. */
export { usableMemoryBytes, type Accelerator } from './accelerator.js';
export { ACCELERATORS } from './accelerators.js';
export { findAccelerator } from './find-accelerator.js';
export { cheapestPrice, PRICES, pricesOf, type AcceleratorPrice } from './prices.js';
