import { ToolkitError } from '../../../errors/toolkit-error.js';
import { quoteName } from '../../quote-name.js';
import type { GgufFamily, NamePair } from './family.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

export type { FamilyMetadata, FamilyTensors, GgufFamily } from './family.js';

/** Every family that is read and written. */
export const GGUF_FAMILIES: readonly GgufFamily[] = [gpt2, llama, qwen2, qwen3];

/** The family of a file. @throws ToolkitError UNSUPPORTED that lists those supported */
export function familyOfFile(path: string, architecture: string): GgufFamily {
  const family = GGUF_FAMILIES.find((candidate) => candidate.architecture === architecture);
  if (family !== undefined) return family;
  throw new ToolkitError(
    `${path}: GGUF files of the architecture ${quoteName(architecture)} are not supported`,
    'UNSUPPORTED',
    `Supported: ${GGUF_FAMILIES.map((known) => known.architecture).join(', ')}.`,
  );
}

/** The family that a `model_type` is written as. @throws ToolkitError UNSUPPORTED that lists those supported */
export function familyOfModel(modelType: unknown): GgufFamily {
  const family = GGUF_FAMILIES.find(({ modelTypes }) => modelTypes.includes(String(modelType)));
  if (family !== undefined) return family;
  throw new ToolkitError(
    `config.json: models of type ${quoteName(String(modelType))} cannot be written as GGUF`,
    'UNSUPPORTED',
    `Supported: ${GGUF_FAMILIES.flatMap(({ modelTypes }) => modelTypes).join(', ')}.`,
  );
}

const PARAMETER = /^(?<module>.*)\.(?<kind>weight|bias)$/;

function translate(name: string, pairs: readonly NamePair[], from: 0 | 1, to: 0 | 1): string | undefined {
  const { module, kind } = PARAMETER.exec(name)?.groups ?? {};
  if (module === undefined) return undefined;
  const layer = /\.(\d+)(?=\.|$)/.exec(module)?.[1];
  const general = layer === undefined ? module : module.replace(`.${layer}`, '.*');
  const pair = pairs.find((candidate) => candidate[from] === general);
  return pair && `${pair[to].replace('*', layer ?? '')}.${kind}`;
}

/** The name in GGUF of a published parameter; `undefined` where there is none. */
export function ggmlName({ modules }: GgufFamily, published: string): string | undefined {
  return translate(published, modules, 0, 1);
}

/** The published name of a parameter in GGUF; `undefined` where there is none. */
export function publishedName({ modules }: GgufFamily, ggml: string): string | undefined {
  return translate(ggml, modules, 1, 0);
}
