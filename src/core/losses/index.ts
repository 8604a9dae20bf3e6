/** What training minimises. */
export { linearCrossEntropy } from './linear-cross-entropy.js';
