import { answers } from './case-input.js';
import { hfuOfMfu, mfuOfHfu, mfuOfSpeed } from './utilisation.js';

export const mfu = answers({
  mfu: (input) =>
    input.has('tokens_per_s') || input.has('tokens_per_s_per_gpu') || input.has('peak_tflops')
      ? mfuOfSpeed(input)
      : mfuOfHfu(input),
  hfu: hfuOfMfu,
});
