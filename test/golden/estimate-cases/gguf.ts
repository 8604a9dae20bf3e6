import { GGUF_TYPES, ggufBits, inferenceMemory, parseDtype, type GgufTypeName } from '../../../src/core/memory/index.js';
import { answers, inUnits, Unanswered, type CaseInput, type GroupAnswers } from './case-input.js';
import { modelOf } from './models.js';

/** A file of the case's model: the published bits per weight are not used, the file type's own rule chooses them. */
async function fileBytes(input: CaseInput, quant: string): Promise<number> {
  input.pass('bits_per_weight');
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
  if (!input.has('type')) return (8 * (await fileBytes(input, input.text('quant')))) / (await modelOf(input)).parameters;
  const type = input.text('type');
  if (!Object.hasOwn(GGUF_TYPES, type)) throw new Unanswered(`the tensor type ${type}`);
  return ggufBits(type as GgufTypeName);
}

const table = answers({
  ...inUnits('', (input) => fileBytes(input, input.text('quant'))),
  bits_per_weight: bitsPerWeight,
  bpw: bitsPerWeight,
});

/** `fp32_gb`, `q4_k_m_gib`: the same model in the format that the key names. */
const IN_FORMAT = /^(?<format>.+)_(?:gb|gib)$/;

export const gguf: GroupAnswers = (key) => {
  const { format } = IN_FORMAT.exec(key)?.groups ?? {};
  if (format === undefined || parseDtype(format) === undefined) return table(key);
  return inUnits(format, (input) => fileBytes(input, format))[key];
};
