/**
 * Logits computed at a time, in elements (128 MiB of float32). The logits of a whole batch are often the largest tensor
 * of a training step (8 × 1,024 tokens × 50,257 words: 1.6 GB); row by row they are needed only once.
 */
export const LOGITS_PER_CHUNK = 2 ** 25;
