import {
  GGUF_MIXES,
  matrixType,
  vocabularyMatrixType,
  type GgufMixName,
  type MatrixRole,
} from '../../memory/gguf-mixes.js';
import type { GgufTypeName } from '../../memory/gguf-types.js';
import type { ModelShape } from '../../architectures/architecture.js';
import { ToolkitError } from '../../errors/toolkit-error.js';
import { blockEncoder, BLOCK_CODECS } from './blocks/index.js';

/** `general.file_type` by the names that `llama-quantize` has for them (llama.cpp's `llama_ftype`). */
const FILE_TYPES: Partial<Record<GgufMixName, number>> & Readonly<Record<'F32' | 'F16' | 'BF16', number>> = {
  F32: 0,
  F16: 1,
  BF16: 32,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q2_K: 10,
  Q3_K_S: 11,
  Q3_K_M: 12,
  Q3_K_L: 13,
  Q4_K_S: 14,
  Q4_K_M: 15,
  Q5_K_S: 16,
  Q5_K_M: 17,
  Q6_K: 18,
  Q2_K_S: 21,
  IQ4_NL: 25,
  IQ4_XS: 30,
  TQ1_0: 36,
  TQ2_0: 37,
};

/** Short names that `llama-quantize` takes for the medium one of a family. */
const ALIASES: Readonly<Record<string, GgufMixName>> = { Q3_K: 'Q3_K_M', Q4_K: 'Q4_K_M', Q5_K: 'Q5_K_M' };

/** A type that all matrices of a file have. */
type PlainType = 'F32' | 'F16' | 'BF16';

/** What a whole file can be written in. */
export interface GgufFileType {
  readonly name: PlainType | GgufMixName;
  /** `general.file_type`. */
  readonly id: number;
  /** Type of a tensor by its name in GGUF; `rowWidth` values make a row. */
  typeOf(name: string, rowWidth: number, dimensions: number): GgufTypeName;
}

const ROLES: Readonly<Record<string, MatrixRole>> = {
  attn_q: 'query',
  attn_k: 'key',
  attn_v: 'value',
  // One matrix for all three is treated as the one that suffers most.
  attn_qkv: 'value',
  attn_output: 'attentionOutput',
  ffn_gate: 'up',
  ffn_up: 'up',
  ffn_down: 'down',
};

/** Every mix whose tensors this toolkit can write, and the plain types, the largest first. */
export function ggufFileTypes(): string[] {
  return [...Object.keys(FILE_TYPES), ...Object.keys(ALIASES)].filter((name) => {
    const mix = (ALIASES[name] ?? name) as PlainType | GgufMixName;
    const base = mix in GGUF_MIXES ? GGUF_MIXES[mix as GgufMixName].base : (mix as PlainType);
    return BLOCK_CODECS.get(base)?.encode !== undefined;
  });
}

/**
 * What a file of this type stores each tensor of a model in, as `llama-quantize` chooses it: vectors and positions in
 * 32 bits, matrices by the mix, and where a row fills no whole blocks in what takes over there.
 *
 * @throws ToolkitError USAGE for a name that is none, UNSUPPORTED where not all tensor types can be written
 */
export function ggufFileType(requested: string, shape: ModelShape): GgufFileType {
  const known = ggufFileTypes();
  if (!known.includes(requested)) {
    throw new ToolkitError(
      `${JSON.stringify(requested)} is not a GGUF type that can be written`,
      'USAGE',
      `Choose one of ${known.join(', ')}.`,
    );
  }
  const name = (ALIASES[requested] ?? requested) as PlainType | GgufMixName;
  const id = FILE_TYPES[name]!;
  const { layers, heads, kvHeads, tiedEmbeddings } = shape;

  function matrixOf(tensor: string, width: number): GgufTypeName {
    if (name === 'F32' || name === 'F16' || name === 'BF16') return name;
    if (tensor === 'output.weight') return vocabularyMatrixType(name, 'output', width);
    if (tensor === 'token_embd.weight') {
      return vocabularyMatrixType(name, tiedEmbeddings ? 'output' : 'embedding', width);
    }
    const { layer, module } = /^blk\.(?<layer>\d+)\.(?<module>\w+)\.weight$/.exec(tensor)?.groups ?? {};
    const role = ROLES[module ?? ''];
    if (role === undefined) return 'F32';
    const place = {
      layer: Number(layer),
      layers,
      headsPerKvHead: heads / kvHeads,
      experts: 0,
      routed: false,
    };
    return matrixType(name, role, place, width);
  }

  return {
    name,
    id,
    typeOf(tensor, rowWidth, dimensions) {
      const isVector = dimensions < 2 || !tensor.endsWith('.weight') || tensor.endsWith('_norm.weight');
      const type = isVector || tensor === 'position_embd.weight' ? 'F32' : matrixOf(tensor, rowWidth);
      return blockEncoder(type).type;
    },
  };
}
