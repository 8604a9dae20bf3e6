import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_CODECS,
  blockCodec,
  blockEncoder,
  type BlockCodec,
} from '../../../../../src/core/checkpoints/gguf/blocks/index.js';
import { GGUF_TYPES, type GgufTypeName } from '../../../../../src/core/memory/gguf-types.js';
import { golden } from './golden-blocks.js';

const FOLDER = fileURLToPath(new URL('../../../../../src/core/checkpoints/gguf/blocks/', import.meta.url));
const allTypes = Object.keys(GGUF_TYPES) as GgufTypeName[];
const files = readdirSync(FOLDER).map((name) => name.replace(/\.ts$/, ''));
/** Types that have a file; the folder's other files are what several of them share. */
const typesWithFile = allTypes.filter((type) => files.includes(type.toLowerCase()));

/** Those whose tables of a thousand and more entries, or rareness, are not worth their room. */
const UNREADABLE = allTypes.filter((type) => !typesWithFile.includes(type));

it('every codec has a file by its name, and the other way round', () => {
  expect(typesWithFile.length).toBeGreaterThan(0);
  expect([...BLOCK_CODECS.keys()].sort()).toEqual(typesWithFile.sort());
});

it.each(typesWithFile)(
  '%s is what its file exports, with the sizes that gguf and the estimates have',
  async (type) => {
    const exported = (await import(join(FOLDER, `${type.toLowerCase()}.ts`))) as Record<string, BlockCodec>;
    const codec = exported[type.toLowerCase()]!;
    expect(blockCodec(type)).toBe(codec);
    expect(codec.type).toBe(type);
    const { blockElements, blockBytes } = codec;
    expect({ blockElements, blockBytes }).toEqual(golden.sizes[type]);
    expect({ blockElements, blockBytes }).toEqual({
      blockElements: GGUF_TYPES[type].blockElements,
      blockBytes: GGUF_TYPES[type].blockBytes,
    });
  },
);

describe('types that are not there', () => {
  it.each(UNREADABLE)('%s is refused by name, with what to do', (type) => {
    expect(() => blockCodec(type)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: expect.stringContaining(type) as string,
        hint: expect.stringContaining('Q4_K_M') as string,
      }),
    );
  });

  it.each(['Q2_K', 'Q3_K', 'IQ4_NL', 'IQ4_XS', 'MXFP4', 'TQ1_0', 'TQ2_0', 'IQ1_M'] as const)(
    '%s is not written',
    (type) => {
      expect(() => blockEncoder(type)).toThrow(
        expect.objectContaining({
          code: 'UNSUPPORTED',
          message: expect.stringContaining(type) as string,
          hint: expect.stringMatching(/Q8_0.*Q4_K.*llama-quantize/) as string,
        }),
      );
    },
  );

  it.each(['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q4_K', 'Q5_K', 'Q6_K'] as const)(
    '%s is written',
    (type) => expect(blockEncoder(type)).toBe(blockCodec(type)),
  );
});
