import type { Experts, ModelKind, ModelShape } from '../architectures/architecture.js';
import { badGguf, type GgufHeader, type GgufTensor, type GgufValue } from '../checkpoints/gguf-header.js';
import { quoteName } from '../checkpoints/quote-name.js';
import type { GgufTypeName } from './gguf-types.js';
import { groupLinearLayers, type MemoryModel } from './memory-model.js';

/** A model as a GGUF file describes it, and the exact size of its weights. */
export interface GgufModel extends MemoryModel {
  /** As the file names it: `llama`, `qwen2`. */
  readonly architecture: string;
  readonly weightBytes: number;
  /** Bytes of the tensors of each type, the largest first. */
  readonly bytesByType: ReadonlyMap<GgufTypeName, number>;
}

/**
 * One layer in so many attends to all tokens, the last of each group, where a file has a window but no pattern: these
 * llama.cpp knows by the architecture. Elsewhere it lets every layer keep all tokens.
 */
const WINDOW_PATTERNS: Readonly<Record<string, number>> = {
  gemma2: 2,
  gemma3: 6,
  gemma3n: 5,
  cohere2: 4,
  'gpt-oss': 2,
};

/** Reads what a file says under its architecture's name, and notes what it does not say. */
class Settings {
  readonly missing: string[] = [];

  constructor(
    private readonly metadata: ReadonlyMap<string, GgufValue>,
    readonly architecture: string,
  ) {}

  value(key: string): GgufValue | undefined {
    return this.metadata.get(`${this.architecture}.${key}`);
  }

  /** Whole numbers of all layers; a single one stands for all. */
  list(key: string): readonly number[] | undefined {
    const value = this.value(key);
    const values = typeof value === 'object' ? value.values : [value];
    return values?.every(isSize) === true && values.length > 0 ? values : undefined;
  }

  /** A whole number, the largest where every layer has its own. */
  size(key: string): number | undefined {
    const values = this.list(key);
    return values === undefined ? undefined : Math.max(...values);
  }

  required(key: string): number {
    const value = this.size(key);
    if (value === undefined || value === 0) this.missing.push(`${this.architecture}.${key}`);
    return value ?? 1;
  }
}

/** No model has this many of anything that is counted here, nor this many layers or experts. */
const LARGEST_SIZE = 2 ** 31;
const MOST_LAYERS = 10_000;
const MOST_EXPERTS = 10_000;

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < LARGEST_SIZE;
}

/**
 * The model that a GGUF file holds: its shape from the metadata, its parameters and bytes from the tensors.
 *
 * @param path named in errors
 * @param parts the file's header, or those of all files that a model is split into, the first first
 * @throws BAD_CHECKPOINT when the metadata do not describe a transformer, or not all files are given
 */
export function ggufMemoryModel(path: string, parts: readonly GgufHeader[]): GgufModel {
  const metadata = parts[0]?.metadata ?? new Map<string, GgufValue>();
  const splits = metadata.get('split.count');
  if (typeof splits === 'number' && splits > 1 && splits !== parts.length) {
    throw badGguf(path, `is one of ${splits} files that hold the model together; ${parts.length} given`);
  }
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string') throw badGguf(path, 'its metadata name no general.architecture');

  const tensors = new Map(parts.flatMap((part) => [...part.tensors]));
  const shape = readShape(path, new Settings(metadata, architecture), tensors);
  let parameters = 0;
  let routed = 0;
  const bytesByType = new Map<GgufTypeName, number>();
  for (const [name, { type, elements, bytes }] of tensors) {
    parameters += elements;
    if (isExpertMatrix(name)) routed += elements;
    bytesByType.set(type, (bytesByType.get(type) ?? 0) + bytes);
  }
  const { experts } = shape;
  const idle = experts === undefined ? 0 : routed * (1 - experts.perToken / experts.count);
  return {
    architecture,
    parameters,
    activeParameters: Math.round(parameters - idle),
    shape,
    linearLayers: linearLayers(tensors),
    weightBytes: [...bytesByType.values()].reduce((sum, bytes) => sum + bytes, 0),
    bytesByType: new Map([...bytesByType].sort(([, a], [, b]) => b - a)),
  };
}

/** All experts of a layer are one tensor of three dimensions. */
function isExpertMatrix(name: string): boolean {
  return /_exps\.weight$/.test(name);
}

function linearLayers(tensors: ReadonlyMap<string, GgufTensor>): MemoryModel['linearLayers'] {
  const layers = [...tensors].flatMap(([name, { shape }]) => {
    const [inputs, outputs, copies = 1] = shape;
    const isLinear =
      /(?:^|\.)blk\.\d+\..*\.weight$/.test(name) && !/(?:norm|ffn_gate_inp|attn_rel_b)\./.test(name);
    if (!isLinear || inputs === undefined || outputs === undefined) return [];
    const layer = { module: name.replace(/\.weight$/, ''), inputs, outputs };
    return Array.from({ length: Math.min(copies, MOST_EXPERTS) }, () => layer);
  });
  return groupLinearLayers(layers);
}

function readShape(path: string, settings: Settings, tensors: ReadonlyMap<string, GgufTensor>): ModelShape {
  const kind = kindOf(settings, tensors);
  const blocks = settings.required('block_count');
  const hidden = settings.required('embedding_length');
  const heads = settings.required('attention.head_count');
  const contextLength = settings.required('context_length');
  const feedForward =
    settings.size('feed_forward_length') ?? settings.size('expert_feed_forward_length') ?? 0;
  const [, vocabulary] = tensors.get('token_embd.weight')?.shape ?? [];
  if (vocabulary === undefined) settings.missing.push('the tensor token_embd.weight');
  if (settings.missing.length > 0) {
    throw badGguf(
      path,
      `as a ${quoteName(settings.architecture)} model it lacks ${settings.missing.join(', ')}`,
    );
  }

  const layers = kind === 'encoder-decoder' ? (settings.size('decoder_block_count') ?? blocks) : blocks;
  if (layers > MOST_LAYERS) throw badGguf(path, `its block_count ${layers} is beyond any model`);

  const latent = settings.size('attention.kv_lora_rank');
  const keyLength = settings.size('attention.key_length') ?? Math.floor(hidden / heads);
  const headDimension = settings.size('attention.key_length_mla') ?? keyLength;
  const valueDimension =
    settings.size('attention.value_length_mla') ?? settings.size('attention.value_length') ?? keyLength;
  const kvHeads = latent === undefined ? (settings.size('attention.head_count_kv') ?? heads) : heads;
  const cacheWidth =
    latent === undefined
      ? kvHeads * (headDimension + valueDimension)
      : latent + (settings.size('rope.dimension_count') ?? 0);
  const experts = readExperts(settings, layers);
  return {
    kind,
    layers,
    encoderLayers: kind === 'encoder-decoder' ? blocks : 0,
    hidden,
    heads,
    kvHeads,
    headDimension,
    valueDimension,
    cacheWidth: kind === 'encoder' ? 0 : cacheWidth,
    feedForward,
    feedForwardMatrices: isGated(feedForward, tensors) ? 3 : 2,
    vocabulary: vocabulary ?? 0,
    contextLength,
    slidingWindows: readWindows(settings, layers),
    tiedEmbeddings: !tensors.has('output.weight'),
    ...(experts === undefined ? {} : { experts }),
  };
}

function kindOf(settings: Settings, tensors: ReadonlyMap<string, GgufTensor>): ModelKind {
  const names = [...tensors.keys()];
  if (names.some((name) => name.startsWith('enc.blk.'))) {
    return names.some((name) => name.startsWith('dec.blk.')) ? 'encoder-decoder' : 'encoder';
  }
  return settings.value('attention.causal') === false ? 'encoder' : 'decoder';
}

/** Whether the feed-forward network has a gate, as a matrix of its own or in one with the other. */
function isGated(feedForward: number, tensors: ReadonlyMap<string, GgufTensor>): boolean {
  for (const [name, { shape }] of tensors) {
    if (/\.ffn_gate(?:_exps)?\.weight$/.test(name)) return true;
    if (/\.ffn_up\.weight$/.test(name) && shape[1] === 2 * feedForward) return true;
  }
  return false;
}

function readExperts(settings: Settings, layers: number): Experts | undefined {
  const count = settings.size('expert_count') ?? 0;
  const feedForward =
    settings.size('expert_feed_forward_length') ?? settings.size('feed_forward_length') ?? 0;
  if (count < 2) return undefined;
  const shared = settings.size('expert_shared_count') ?? 0;
  return {
    count,
    perToken: Math.min(count, settings.size('expert_used_count') ?? count),
    feedForward,
    layers: Math.max(0, layers - (settings.size('leading_dense_block_count') ?? 0)),
    sharedFeedForward: settings.size('expert_shared_feed_forward_length') ?? shared * feedForward,
  };
}

/** Windows of the layers that attend; a layer without key/value heads (of a state-space model) keeps none. */
function readWindows(settings: Settings, layers: number): (number | undefined)[] {
  const window = settings.size('attention.sliding_window') ?? 0;
  const pattern = settings.value('attention.sliding_window_pattern');
  const slides = (layer: number): boolean => {
    if (typeof pattern === 'object') return Boolean(pattern.values?.[layer]);
    const every = typeof pattern === 'number' ? pattern : WINDOW_PATTERNS[settings.architecture];
    return every !== undefined && layer % every < every - 1;
  };
  const heads = settings.list('attention.head_count_kv') ?? [];
  return Array.from({ length: layers }, (_, layer) =>
    window > 0 && slides(layer) ? window : undefined,
  ).filter((_, layer) => heads.length < 2 || heads[layer] !== 0);
}
