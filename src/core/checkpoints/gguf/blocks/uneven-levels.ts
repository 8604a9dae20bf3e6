/**
 * What the integers of IQ4_NL and IQ4_XS stand for: sixteen levels that are denser around zero, as weights are
 * (`kvalues_iq4nl` of ggml).
 */
// prettier-ignore
export const UNEVEN_LEVELS = Int8Array.of(
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
);
