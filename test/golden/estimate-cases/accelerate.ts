import type { ModelStructure, WeightSpec } from '../../../src/core/architectures/index.js';
import { countParameters } from '../../../src/core/architectures/index.js';
import { accelerateEstimate, type AccelerateEstimate } from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type Answerer, type CaseInput } from './case-input.js';
import { cardModels, structureNamed } from './models.js';

const FP32_BYTES = 4;
/** BERT's positions and token types, 64-bit integers, are buffers that accelerate counts. */
const ENCODER_BUFFERS = 2;
const BUFFER_BYTES = 8;

function bufferBytes({ shape }: ModelStructure): number {
  return shape.kind === 'encoder' ? ENCODER_BUFFERS * BUFFER_BYTES * shape.contextLength : 0;
}

function fp32BytesOf(structure: ModelStructure): number {
  return FP32_BYTES * countParameters(structure.parameters) + bufferBytes(structure);
}

async function fp32Bytes(input: CaseInput): Promise<number> {
  if (input.has('model')) return fp32BytesOf(await structureNamed(input.text('model')));
  if (input.has('total_gib')) return input.number('total_gib') * 2 ** 30;
  const bytes = input.numberOr(undefined, 'fp32_bytes', 'total_bytes_fp32', 'total_bytes');
  return bytes ?? FP32_BYTES * input.number('params');
}

async function estimate(input: CaseInput): Promise<AccelerateEstimate> {
  return accelerateEstimate(await fp32Bytes(input), input.textOr('fp32', 'dtype'));
}

async function training(input: CaseInput): Promise<NonNullable<AccelerateEstimate['training']>> {
  const phases = (await estimate(input)).training;
  if (phases === undefined) throw new Unanswered('training in this format');
  return phases;
}

/** The model whose tensors take these bytes. */
async function structureOf(input: CaseInput): Promise<ModelStructure> {
  if (input.has('model')) return structureNamed(input.text('model'));
  const bytes = await fp32Bytes(input);
  const found = (await cardModels()).find(({ structure }) => fp32BytesOf(structure) === bytes);
  if (found === undefined) throw new Unanswered(`the layers of a model of ${bytes} bytes`);
  return found.structure;
}

/** A block, or all that is outside of blocks under one name: what accelerate never splits. */
function moduleOf({ name }: WeightSpec): string {
  const block = /^.*?\.\d+(?=\.)/.exec(name)?.[0];
  return block ?? name.split('.').slice(0, -2).join('.');
}

async function largestModule(input: CaseInput): Promise<number> {
  const structure = await structureOf(input);
  const modules = new Map<string, WeightSpec[]>();
  for (const weight of structure.parameters) {
    const name = moduleOf(weight);
    modules.set(name, [...(modules.get(name) ?? []), weight]);
  }
  const sizes = [...modules].map(
    ([name, weights]) =>
      FP32_BYTES * countParameters(weights) + (name.endsWith('embeddings') ? bufferBytes(structure) : 0),
  );
  return accelerateEstimate(Math.max(...sizes), input.textOr('fp32', 'dtype')).weights.value;
}

async function largestTensor(input: CaseInput): Promise<number> {
  const { parameters } = await structureOf(input);
  const largest = Math.max(...parameters.map((weight) => countParameters([weight])));
  return accelerateEstimate(FP32_BYTES * largest, input.textOr('fp32', 'dtype')).weights.value;
}

const reported = async (input: CaseInput): Promise<number> => (await training(input)).reported.value;
const phase =
  (name: 'model' | 'gradients' | 'optimizer' | 'step'): Answerer =>
  async (input) =>
    (await training(input))[name].value;

export const accelerate = answers({
  ...inUnits('total', async (input) => (await estimate(input)).weights.value),
  ...inUnits('train', reported),
  ...inUnits('train_adam', reported),
  ...inUnits('largest', largestTensor),
  ...inUnits('largest_layer', largestModule),
  ...{ model: phase('model'), gradients: phase('gradients'), optimizer: phase('optimizer'), step: phase('step') },
  reported_max: reported,
  reported: async (input) => (await estimate(input)).training?.reported.value ?? 'N/A',
});
