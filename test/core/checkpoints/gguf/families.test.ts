import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../../../src/core/architectures/index.js';
import {
  familyOfModel,
  ggmlName,
  GGUF_FAMILIES,
  publishedName,
} from '../../../../src/core/checkpoints/gguf/families/index.js';
import { sizeLabel } from '../../../../src/core/checkpoints/gguf/general-metadata.js';
import {
  findPreTokenizer,
  preTokenizerJson,
  PRE_TOKENIZERS,
} from '../../../../src/core/checkpoints/gguf/tokenizer/pre-tokenizers.js';
import { SPLIT_PATTERN } from '../../../../src/core/tokenizers/train-byte-pair-encoding.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const ARCHITECTURES = join(ROOT, 'test/golden/architectures');

describe('families of models in GGUF', () => {
  it('are the files of their folder', () => {
    const shared = ['family.ts', 'index.ts', 'rotary-decoder.ts', 'rotary-scaling.ts'];
    const files = readdirSync(join(ROOT, 'src/core/checkpoints/gguf/families'));
    const own = files.filter((name) => !shared.includes(name)).map((name) => name.replace('.ts', ''));
    expect(GGUF_FAMILIES.map(({ architecture }) => architecture)).toEqual(own);
  });

  it.each(readdirSync(ARCHITECTURES))('have a name for every parameter of %s, and know it again', (name) => {
    const config: unknown = JSON.parse(readFileSync(join(ARCHITECTURES, name, 'config.json'), 'utf8'));
    const model = readModel(config);
    const family = familyOfModel(model.config['model_type']);
    const names = model.parameters.map((parameter) => ggmlName(family, parameter.name));
    expect(new Set(names).size).toBe(model.parameters.length);
    expect(names.map((ggml) => publishedName(family, ggml!))).toEqual(
      model.parameters.map((parameter) => parameter.name),
    );
  });

  // What `size_label` of the gguf package (0.19) gives.
  it.each([
    [134_515_008, '135M'],
    [1_500_000, '1.5M'],
    [6_738_415_616, '6.7B'],
    [13_015_864_320, '13B'],
    [40_512, '41K'],
    [720, '0.7K'],
  ])('call %d parameters %s', (parameters, label) => {
    expect(sizeLabel(parameters)).toBe(label);
  });
});

describe('ways to cut texts', () => {
  it.each(PRE_TOKENIZERS)('are found again by what they do: $names.0', (known) => {
    expect(findPreTokenizer(preTokenizerJson(known), known.ignoreMerges)).toBe(known);
  });

  const split = (regex: string) => ({
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  });

  // `pre_tokenizer` of published tokenizer.json files.
  it.each([
    ['qwen2', false, split(SPLIT_PATTERN)],
    [
      'llama-bpe',
      true,
      split(
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      ),
    ],
    ['gpt-2', false, { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }],
    [
      'smollm',
      false,
      {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        ],
      },
    ],
    [
      'tekken',
      true,
      split(
        '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
      ),
    ],
  ])('are %s in published files', (name, ignoreMerges, component) => {
    expect(findPreTokenizer(component, ignoreMerges)?.names[0]).toBe(name);
  });

  it.each([
    ['a space in front', { type: 'ByteLevel', add_prefix_space: true }],
    ['words only', { type: 'Whitespace' }],
    ['another pattern', split('\\p{L}+')],
    [
      'matches dropped',
      { ...split('x'), pretokenizers: [{ type: 'Split', pattern: { Regex: 'x' }, behavior: 'Removed' }] },
    ],
  ])('are unknown with %s', (_, component) => {
    expect(findPreTokenizer(component, false)).toBeUndefined();
  });
});
