import { findAccelerator, usableMemoryBytes } from '../../../src/core/accelerators/index.js';
import {
  inferenceMemory,
  memoryModel,
  TRAINING_DEFAULTS,
  trainingMemory,
  type MemoryModel,
  type TrainingOptions,
} from '../../../src/core/memory/index.js';
import { readModelStructure } from '../../../src/core/model-structures/index.js';
import { answers, inUnits, Unanswered, type CaseInput } from './case-input.js';
import { modelNamed, modelOf, modelOfCount } from './models.js';

/** How all of these runs train: everything in bfloat16, and the figure is the framework's own, without the program. */
const MEASURED: TrainingOptions = { ...TRAINING_DEFAULTS, precision: 'pure', overhead: false };

/** torchtune's recipes for one device: blocks recomputed, the loss in pieces, adapters on three of four projections. */
const TORCHTUNE: TrainingOptions = {
  ...MEASURED,
  ...{ recompute: 'full', chunkedLoss: true, targets: ['q_proj', 'v_proj', 'o_proj'] },
};

function torchtuneRecipe(recipe: string): Partial<TrainingOptions> {
  if (recipe.startsWith('qlora')) return { method: 'qlora' };
  if (recipe.startsWith('lora')) return { method: 'lora' };
  if (recipe.startsWith('full')) return { optimizerInBackward: true, optimizer: 'adamw-8bit' };
  throw new Unanswered(`the recipe ${recipe}`);
}

/** The optimizer of full fine-tuning is paged: what the GPU has no room for lies on the host. */
function torchtune(input: CaseInput, model: MemoryModel): number {
  const options = {
    ...{ ...TORCHTUNE, ...torchtuneRecipe(input.text('recipe')) },
    ...{ batch: input.number('batch'), sequence: input.number('seq') },
  };
  input.pass('compile', 'gpu', 'gpus', 'dtype');
  const gpus = input.numberOr(1, 'gpus');
  const spread = gpus > 1 ? { gpus, strategy: 'fsdp' as const } : {};
  const memory = trainingMemory(model, { ...options, ...spread }).total_bytes;
  if (options.method !== 'full' || !input.has('gpu')) return memory;
  if (memory <= usableMemoryBytes(findAccelerator(input.text('gpu')))) return memory;
  return trainingMemory(model, { ...options, ...spread, offload: ['optimizer'] }).total_bytes;
}

/** Tokens of the longest example of Alpaca, which LitGPT and torchtune fine-tune on, one example after the other. */
const LONGEST_ALPACA = 1304;

/** torchtune's ladder: what each step adds to those before it. */
const LADDER: readonly (readonly [name: RegExp, added: Partial<TrainingOptions>])[] = [
  [/^baseline/, { sequence: LONGEST_ALPACA }],
  [/^pack/, { sequence: 4096 }],
  [/^compile/, {}],
  [/^chunk/, { chunkedLoss: true }],
  [/checkpoint|^ac$/, { recompute: 'full' }],
  [/^(opt|optimizer).*backward/, { optimizerInBackward: true }],
  [/offload/, {}],
  [/8.?bit/, { optimizer: 'adamw-8bit' }],
  [/^lora/, { method: 'lora', optimizerInBackward: false, optimizer: 'adamw' }],
  [/^qlora/, { method: 'qlora' }],
];

function ladder(input: CaseInput, model: MemoryModel): number {
  const added = input.text('added');
  const step = LADDER.findIndex(([name]) => name.test(added));
  if (step < 0) throw new Unanswered(`the step ${added}`);
  const steps = LADDER.slice(0, step + 1).map(([, changes]) => changes);
  input.pass('dtype', 'gpu', 'seq');
  const options = { ...MEASURED, targets: TORCHTUNE.targets, batch: input.number('batch') };
  return trainingMemory(model, Object.assign({}, options, ...steps) as TrainingOptions).total_bytes;
}

/** Names that LitGPT's tutorial gives to models. */
const LITGPT_MODELS: Readonly<Record<string, string>> = {
  phi15: 'phi-1.5',
  'llama2-7b': 'llama-2-7b',
  'llama2-13b': 'llama-2-13b',
  'tinyllama-1.1b': 'tinyllama-1.1b',
  'falcon-7b': 'falcon-7b',
};

/** StableLM Base Alpha 3B has no card; its shape is from LitGPT's litgpt/config.py. */
const STABLELM_3B = {
  ...{ model_type: 'gpt_neox', vocab_size: 50_688, hidden_size: 4096, num_hidden_layers: 16 },
  ...{ num_attention_heads: 32, intermediate_size: 16_384, max_position_embeddings: 4096 },
};

const LITGPT = /^(?<method>q?lora)-(?<model>.+?)(?:-(?<format>nf4(?:dq)?))?$/;
async function litgpt(input: CaseInput): Promise<number> {
  const recipe = input.text('recipe');
  const { method, model = '', format } = LITGPT.exec(recipe)?.groups ?? {};
  const name = LITGPT_MODELS[model];
  const isStableLm = model === 'stablelm3b';
  if (method === undefined || (name === undefined && !isStableLm)) throw new Unanswered(`the recipe ${recipe}`);
  const measured = isStableLm ? memoryModel(readModelStructure(STABLELM_3B)) : await modelNamed(name!);
  const last = (module: string): string => module.split('.').at(-1)!;
  const names = new Set(measured.linearLayers.map(({ module }) => last(module)));
  // One matrix holds queries, keys and values in some families.
  const targets = ['q_proj', 'v_proj', 'query_key_value', 'Wqkv'].filter((target) => names.has(target));
  return trainingMemory(measured, {
    ...{ ...MEASURED, method: method as 'lora' | 'qlora', targets },
    ...{ doubleQuantization: format === 'nf4dq', sequence: input.numberOr(LONGEST_ALPACA, 'seq') },
    batch: input.numberOr(1, 'batch'),
  }).total_bytes;
}

/** torchtitan's sequences; it recomputes every second product, which lies between the options here. */
const TORCHTITAN_SEQUENCE = 8192;

async function torchtitan(input: CaseInput): Promise<number> {
  const recompute = input.textOr('none', 'recompute');
  if (recompute !== 'selective' && recompute !== 'full' && recompute !== 'none') {
    throw new Unanswered(`the recomputation ${recompute}`);
  }
  return trainingMemory(await modelOf(input), {
    ...{ ...MEASURED, precision: 'mixed', recompute, strategy: 'fsdp' },
    ...{ gpus: input.number('gpus'), batch: input.number('batch') },
    sequence: input.numberOr(TORCHTITAN_SEQUENCE, 'seq'),
  }).total_bytes;
}

/** The benchmark generates so many tokens after those it reads. */
const QWEN_GENERATED = 2048;

/** Weights and cache: the benchmark's other memory is not in the figure it prints. */
async function generation(input: CaseInput): Promise<number> {
  const context = input.number('input_tokens') + QWEN_GENERATED;
  const { total_bytes } = inferenceMemory(await modelOf(input), {
    ...{ dtype: 'bf16', batch: input.numberOr(1, 'batch'), context, overhead: false },
  });
  return total_bytes;
}

/** A bare count at some bytes for each weight, a short prompt passing through. */
async function inference(input: CaseInput): Promise<number> {
  input.pass('mode', 'model');
  const bytes = input.number('bytes_per_param');
  const dtype = bytes === 2 ? 'bf16' : bytes === 4 ? 'fp32' : bytes < 1 ? 'nf4' : 'int8';
  const model = await modelOfCount(input.number('params'));
  return inferenceMemory(model, { dtype, batch: 1, context: 128, overhead: false }).total_bytes;
}

const MEBIBYTE = 2 ** 20;
/** How the on-device formats are nearest described here: 4-bit matrices beside other weights in 16 bits. */
const DEVICE_FORMAT = /^(?<model>.+)-(?<format>bf16|spinquant|qlora)$/;

async function onDevice(input: CaseInput, overhead: boolean): Promise<number> {
  const { model, format } = DEVICE_FORMAT.exec(input.text('model'))?.groups ?? {};
  if (model === undefined) throw new Unanswered(`the model ${input.text('model')}`);
  const dtype = format === 'bf16' ? 'bf16' : 'int4';
  const memory = inferenceMemory(await modelNamed(model), { dtype, batch: 1, context: 2048 });
  const weights = memory.parts.find(({ part }) => part === 'weights')!.bytes;
  return (overhead ? memory.total_bytes : weights) / MEBIBYTE;
}

async function peak(input: CaseInput): Promise<number> {
  if (input.has('added')) return ladder(input, await modelOf(input));
  if (input.has('recipe')) return input.has('model') ? torchtune(input, await modelOf(input)) : litgpt(input);
  if (input.has('input_tokens')) return generation(input);
  if (input.has('bytes_per_param')) return inference(input);
  return torchtitan(input);
}

export const measured = answers({
  ...inUnits('', peak),
  // The benchmark prints MB and means 2^20 bytes, as the size of its weights shows.
  mb: async (input) => (await peak(input)) / MEBIBYTE,
  file_mb: (input) => onDevice(input, false),
  rss_mb: (input) => onDevice(input, true),
});
