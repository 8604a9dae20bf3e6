import type { Dtype } from '../memory/dtype.js';

/** Where a form of a model runs. */
export type Place = 'processor' | 'graphics card' | 'browser';

/** A form in which a model can be put into use: what it is stored as, and what runs it. */
export interface DeploymentForm {
  readonly id: string;
  /** As it is spoken of. */
  readonly title: string;
  readonly places: readonly Place[];
  /** Weights, for estimates of memory and speed. */
  readonly weights: Dtype;
  /** How much of the quality stays, from 0 to 1, as the recommendation of models counts it. */
  readonly fidelity: number;
  /** Whether many requests are worked on at once. */
  readonly isBatched: boolean;
  /** Whether it is made for one user's own device; the others are servers. */
  readonly isOnDevice: boolean;
  /** Commands that make it and run it; MODEL and NAME are put in. */
  readonly commands: readonly string[];
}

/** Nothing measurable is lost in 16 and 8 bits, little in 4: LLM.int8(), arXiv 2208.07339; arXiv 2212.09720. */
const FIDELITY = { sixteen: 1, eight: 0.95, four: 0.75 } as const;

/** Every form that this toolkit makes. */
export const DEPLOYMENT_FORMS: readonly DeploymentForm[] = [
  {
    id: 'serve-q8_0',
    title: 'genai deploy serve, Q8_0',
    places: ['processor'],
    weights: 'Q8_0',
    fidelity: FIDELITY.eight,
    isBatched: true,
    isOnDevice: false,
    commands: [
      'genai deploy export MODEL --target gguf --precision Q8_0 --name NAME --out exports/NAME-gguf',
      'genai deploy serve exports/NAME-gguf/NAME-Q8_0.gguf',
    ],
  },
  {
    id: 'serve-q4_k_m',
    title: 'genai deploy serve, Q4_K_M',
    places: ['processor'],
    weights: 'Q4_K_M',
    fidelity: FIDELITY.four,
    isBatched: true,
    isOnDevice: false,
    commands: [
      'genai deploy export MODEL --target gguf --precision Q4_K_M --name NAME --out exports/NAME-gguf',
      'genai deploy serve exports/NAME-gguf/NAME-Q4_K_M.gguf',
    ],
  },
  {
    id: 'safetensors-bf16',
    title: 'vLLM or TGI, bfloat16',
    places: ['graphics card'],
    weights: 'bf16',
    fidelity: FIDELITY.sixteen,
    isBatched: true,
    isOnDevice: false,
    commands: [
      'genai deploy export MODEL --target safetensors --precision BF16 --out exports/NAME-bf16',
      'vllm serve exports/NAME-bf16',
    ],
  },
  {
    id: 'safetensors-int4',
    title: 'vLLM, 4 bits (compressed-tensors)',
    places: ['graphics card'],
    weights: 'int4',
    fidelity: FIDELITY.four,
    isBatched: true,
    isOnDevice: false,
    commands: [
      'genai deploy quantize MODEL --to int4 --out exports/NAME-int4',
      'vllm serve exports/NAME-int4',
    ],
  },
  {
    id: 'gguf-q8_0',
    title: 'llama.cpp, Q8_0',
    places: ['processor', 'graphics card'],
    weights: 'Q8_0',
    fidelity: FIDELITY.eight,
    isBatched: true,
    isOnDevice: true,
    commands: [
      'genai deploy export MODEL --target gguf --precision Q8_0 --name NAME --out exports/NAME-gguf',
      'llama-server -m exports/NAME-gguf/NAME-Q8_0.gguf',
    ],
  },
  {
    id: 'ollama-q4_k_m',
    title: 'Ollama, Q4_K_M',
    places: ['processor', 'graphics card'],
    weights: 'Q4_K_M',
    fidelity: FIDELITY.four,
    isBatched: false,
    isOnDevice: true,
    commands: [
      'genai deploy export MODEL --target ollama --precision Q4_K_M --name NAME --out exports/NAME-ollama',
      'ollama create NAME -f exports/NAME-ollama/Modelfile',
    ],
  },
  {
    id: 'onnx-int4',
    title: 'Transformers.js, 4 bits',
    places: ['browser', 'processor'],
    weights: 'int4',
    fidelity: FIDELITY.four,
    isBatched: false,
    isOnDevice: true,
    commands: ['genai deploy export MODEL --target onnx --precision int4 --out exports/NAME-onnx'],
  },
];
