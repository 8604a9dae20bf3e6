import { countParameters, type ModelStructure } from '../architectures/architecture.js';
import { ARCHITECTURES, readModel } from '../architectures/index.js';
import { ToolkitError } from '../errors/toolkit-error.js';
import { nearMatches } from '../near-matches.js';
import { bart } from './families/bart.js';
import { bert } from './families/bert.js';
import { bloom } from './families/bloom.js';
import { cohere } from './families/cohere.js';
import { deepseek } from './families/deepseek.js';
import { falcon } from './families/falcon.js';
import { gemma } from './families/gemma.js';
import { gopher } from './families/gopher.js';
import { gptBigcode } from './families/gpt-bigcode.js';
import { gptNeox } from './families/gpt-neox.js';
import { gptOss } from './families/gpt-oss.js';
import { minimaxM2 } from './families/minimax-m2.js';
import { mixtral } from './families/mixtral.js';
import { mpt } from './families/mpt.js';
import { olmo2 } from './families/olmo2.js';
import { opt } from './families/opt.js';
import { palm } from './families/palm.js';
import { phi } from './families/phi.js';
import { phi3 } from './families/phi3.js';
import { qwenMoe } from './families/qwen-moe.js';
import { smollm3 } from './families/smollm3.js';
import { starcoder2 } from './families/starcoder2.js';
import { t5 } from './families/t5.js';
import type { StructureReader } from './structure-reader.js';
import { textConfig } from './text-config.js';

export type { StructureReader } from './structure-reader.js';

/** Every family whose weights can be listed without being able to run it. */
export const STRUCTURE_READERS: readonly StructureReader[] = [
  bart,
  bert,
  bloom,
  cohere,
  deepseek,
  falcon,
  gemma,
  gopher,
  gptBigcode,
  gptNeox,
  gptOss,
  minimaxM2,
  mixtral,
  mpt,
  olmo2,
  opt,
  palm,
  phi,
  phi3,
  qwenMoe,
  smollm3,
  starcoder2,
  t5,
];

const RUNNABLE_TYPES = ARCHITECTURES.flatMap(({ modelTypes }) => modelTypes);

/** Values of `model_type` that can be read: those of models that run, and those that can only be described. */
export const MODEL_TYPES: readonly string[] = [
  ...RUNNABLE_TYPES,
  ...STRUCTURE_READERS.flatMap(({ modelTypes }) => modelTypes),
].sort();

/** `where` in place of the name that the readers give to every configuration. */
function locate(error: ToolkitError, where: string): ToolkitError {
  const message = `${where}: ${error.message.replace(/^config\.json: /, '')}`;
  return new ToolkitError(message, error.code, error.hint, error);
}

function readFamily(fields: Readonly<Record<string, unknown>>): ModelStructure {
  const modelType = String(fields['model_type']);
  const reader = STRUCTURE_READERS.find(({ modelTypes }) => modelTypes.includes(modelType));
  if (reader === undefined) {
    const near = nearMatches(modelType, MODEL_TYPES);
    const suggestion = near.length > 0 ? `Nearest: ${near.join(', ')}. ` : '';
    throw new ToolkitError(
      `model_type ${JSON.stringify(fields['model_type'])} is not known`,
      'UNSUPPORTED',
      `${suggestion}Known: ${MODEL_TYPES.join(', ')}.`,
    );
  }
  const structure = reader.read(fields);
  if (Number.isSafeInteger(countParameters(structure.parameters))) return structure;
  throw new ToolkitError(
    'describes more parameters than can be counted',
    'BAD_CHECKPOINT',
    'Compare it with the config.json published with the model.',
  );
}

/**
 * Reads a parsed `config.json`, also of families that this toolkit cannot run: what weights it describes. Of a
 * multimodal model, whose configuration has a `text_config`, only the text tower is read and counted.
 *
 * @param where the file's path, for messages
 * @throws ToolkitError `UNSUPPORTED` for an unknown family, `BAD_CHECKPOINT` for a damaged configuration
 */
export function readModelStructure(config: unknown, where = 'config.json'): ModelStructure {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new ToolkitError(`${where}: is not a JSON object`, 'BAD_CHECKPOINT', 'Get the file again.');
  }
  const outer = config as Readonly<Record<string, unknown>>;
  const text = textConfig(outer);
  const place = text === undefined ? where : `${where} (text_config)`;
  const fields = text ?? outer;
  if (RUNNABLE_TYPES.includes(String(fields['model_type']))) return readModel(fields, place);
  try {
    return readFamily(fields);
  } catch (error) {
    throw error instanceof ToolkitError ? locate(error, place) : error;
  }
}
