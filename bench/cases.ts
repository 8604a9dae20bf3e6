import type { LoraSettings } from '../src/core/adapters/lora.js';

interface NamedModel {
  readonly name: string;
  readonly title: string;
  /** Fields as in a published `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Optimiser steps over rows of equal length, every position supervised. */
export interface TrainingCase extends NamedModel {
  readonly kind: 'training';
  readonly batchSize: number;
  readonly length: number;
  /** Absent when every parameter is trained. */
  readonly lora?: LoraSettings;
}

/** Greedy continuations of one prompt at a time, with a key/value cache. */
export interface GenerationCase extends NamedModel {
  readonly kind: 'generation';
  readonly promptLength: number;
  readonly newTokens: number;
}

/** What every participant computes; it travels to them as JSON. */
export type Case = TrainingCase | GenerationCase;

/** The shape of the model that the toolkit ships to start from. */
const STARTER = {
  model_type: 'llama',
  vocab_size: 4096,
  hidden_size: 256,
  intermediate_size: 704,
  num_hidden_layers: 6,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  max_position_embeddings: 1024,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
};

/** https://huggingface.co/HuggingFaceTB/SmolLM2-135M/blob/main/config.json */
const SMOLLM2_135M = {
  model_type: 'llama',
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  tie_word_embeddings: true,
};

/** Neither side may drop anything out: the masks would cost one of them more. */
const NO_DROPOUT = { resid_pdrop: 0, embd_pdrop: 0, attn_pdrop: 0 };

const SMALL_GPT2 = {
  model_type: 'gpt2',
  vocab_size: 2048,
  n_positions: 128,
  n_embd: 256,
  n_layer: 4,
  n_head: 4,
  ...NO_DROPOUT,
};

/** https://huggingface.co/openai-community/gpt2/blob/main/config.json */
const GPT2_124M = {
  model_type: 'gpt2',
  vocab_size: 50257,
  n_positions: 1024,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  ...NO_DROPOUT,
};

function rankEight(targets: readonly string[] | string): LoraSettings {
  return { rank: 8, alpha: 16, dropout: 0, targets, rankStabilized: false };
}

const TRAINING_CASES: readonly TrainingCase[] = [
  {
    kind: 'training',
    name: 'starter',
    title: 'Starter model (6 × 256), full, 8 × 256 tokens',
    config: STARTER,
    batchSize: 8,
    length: 256,
  },
  {
    kind: 'training',
    name: 'small-gpt2',
    title: 'Small GPT-2 (4 × 256), full, 8 × 128 tokens',
    config: SMALL_GPT2,
    batchSize: 8,
    length: 128,
  },
  {
    kind: 'training',
    name: 'gpt2',
    title: 'GPT-2 124M, full, 2 × 256 tokens',
    config: GPT2_124M,
    batchSize: 2,
    length: 256,
  },
  {
    kind: 'training',
    name: 'smollm2-lora',
    title: 'SmolLM2-135M, LoRA r=8 on q and v, 4 × 256 tokens',
    config: SMOLLM2_135M,
    batchSize: 4,
    length: 256,
    lora: rankEight(['q_proj', 'v_proj']),
  },
  {
    kind: 'training',
    name: 'smollm2-lora-all',
    title: 'SmolLM2-135M, LoRA r=8 on all linear layers, 4 × 256 tokens',
    config: SMOLLM2_135M,
    batchSize: 4,
    length: 256,
    lora: rankEight('all-linear'),
  },
];

const GENERATION_CASES: readonly GenerationCase[] = [
  {
    kind: 'generation',
    name: 'starter-generation',
    title: 'Starter model, 256 + 128 tokens',
    config: STARTER,
    promptLength: 256,
    newTokens: 128,
  },
  {
    kind: 'generation',
    name: 'smollm2-generation',
    title: 'SmolLM2-135M, 256 + 64 tokens',
    config: SMOLLM2_135M,
    promptLength: 256,
    newTokens: 64,
  },
];

/** Everything that is measured, in this order. */
export const CASES: readonly Case[] = [...TRAINING_CASES, ...GENERATION_CASES];
