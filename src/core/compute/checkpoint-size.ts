import { figure, type Figure } from '../estimates/figure.js';

/** Bytes of a checkpoint to resume training from: by default 32-bit weights and both of Adam’s averages. */
export function checkpointBytes({
  parameters,
  bytes_per_parameter = 12,
}: {
  parameters: number;
  bytes_per_parameter?: number;
}): Figure {
  return figure(
    'bytes_per_parameter * parameters',
    { bytes_per_parameter, parameters },
    {
      source: '4 bytes for the weight and for each of Adam’s two averages; nanoGPT, transformer_sizing',
      leavesOut: 'buffers that are stored too, such as attention masks',
    },
  );
}
