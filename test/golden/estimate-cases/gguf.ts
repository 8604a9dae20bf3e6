import { GGUF_TYPES, ggufBits, inferenceMemory, parseDtype, type GgufTypeName } from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type CaseInput } from './case-input.js';
import { modelOf } from './models.js';
import { weightBytes } from './notes.js';

/** A file of the case's model: the published bits per weight are not used, the file type's own rule chooses them. */
async function fileBytes(input: CaseInput): Promise<number> {
  input.pass('bits_per_weight');
  const quant = input.text('quant');
  const dtype = parseDtype(quant);
  if (dtype === undefined) throw new Unanswered(`the file type ${quant}`);
  const context = input.numberOr(undefined, 'context', 'ctx');
  const memory = inferenceMemory(await modelOf(input), {
    dtype,
    batch: 1,
    context: context ?? 1,
    flashAttention: input.flag('flash_attention') || !input.has('flash_attention'),
  });
  if (context !== undefined) return memory.total_bytes;
  return memory.parts.find(({ part }) => part === 'weights')!.bytes;
}

async function bitsPerWeight(input: CaseInput): Promise<number> {
  if (!input.has('type')) return (8 * (await fileBytes(input))) / (await modelOf(input)).parameters;
  const type = input.text('type');
  if (!Object.hasOwn(GGUF_TYPES, type)) throw new Unanswered(`the tensor type ${type}`);
  return ggufBits(type as GgufTypeName);
}

export const gguf = answers({
  ...inUnits('', fileBytes),
  ...inUnits('fp32', (input) => weightBytes(input.number('params'), 'fp32')),
  ...inUnits('fp16', (input) => weightBytes(input.number('params'), 'fp16')),
  bits_per_weight: bitsPerWeight,
  bpw: bitsPerWeight,
});
