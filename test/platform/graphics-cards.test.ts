import { describe, expect, it } from 'vitest';
import { parseCards } from '../../src/platform/graphics-cards.js';

describe('parseCards', () => {
  it('reads what nvidia-smi prints, a name with a comma included', () => {
    const text = 'NVIDIA H100 80GB HBM3, 81559\nNVIDIA T4, odd name, 15360\n';
    expect(parseCards(text)).toEqual([
      { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 81_559 * 2 ** 20 },
      { name: 'NVIDIA T4, odd name', memoryBytes: 15_360 * 2 ** 20 },
    ]);
  });

  it.each(['', 'No devices were found\n', 'NVIDIA GB10, [N/A]\n'])('finds no card in %j', (text) => {
    expect(parseCards(text)).toEqual([]);
  });
});
