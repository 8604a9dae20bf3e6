import type { JsonObject } from '../checkpoints/json-file.js';
import { ToolkitError } from '../errors/toolkit-error.js';

/** The JSON files of a model folder that speak of special tokens; absent ones are `undefined`. */
export interface SpecialTokenFiles {
  readonly tokenizerConfig?: JsonObject | undefined;
  readonly specialTokensMap?: JsonObject | undefined;
  readonly generationConfig?: JsonObject | undefined;
  readonly config?: JsonObject | undefined;
}

/** Which ids begin, end and pad a sequence. */
export interface SpecialTokens {
  /** Text by name (`bos_token`, `eos_token`, …), as chat templates read it. */
  readonly byName: Readonly<Record<string, string>>;
  readonly beginOfSequenceId?: number;
  readonly endOfSequenceIds: readonly number[];
  readonly padId: number;
}

const NAMES = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
] as const;

/** A token is written as its text, or as an object with `content`. */
function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

function idsOf(config: JsonObject | undefined, key: string, where: string): number[] {
  const value = config?.[key];
  if (value === undefined || value === null) return [];
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  if (ids.every((id) => Number.isInteger(id) && (id as number) >= 0)) return ids as number[];
  throw new ToolkitError(
    `${where}: ${key} is ${JSON.stringify(value)}, not a token id`,
    'BAD_CHECKPOINT',
    'Correct it to the id that tokenizer.json gives the token.',
  );
}

/**
 * Finds the special tokens where published models state them.
 *
 * End of sequence: the tokenizer's own `eos_token` first (it is what a finished text is closed with), then the further
 * ids of `generation_config.json`, or of `config.json` where that says nothing. Begin of sequence: the tokenizer's
 * own, or `config.json` where there is no `tokenizer_config.json`. Padding: `pad_token`, else the end of sequence,
 * else 0; what a pad position holds is never learnt from or attended to.
 *
 * @param idOf id of a token by its text
 */
export function findSpecialTokens(
  { tokenizerConfig, specialTokensMap, generationConfig, config }: SpecialTokenFiles,
  idOf: (text: string) => number | undefined,
): SpecialTokens {
  const byName: Record<string, string> = {};
  for (const name of NAMES) {
    const text = tokenText(tokenizerConfig?.[name] ?? specialTokensMap?.[name]);
    if (text !== undefined) byName[name] = text;
  }
  const idByName = (name: (typeof NAMES)[number]) => {
    const text = byName[name];
    return text === undefined ? [] : [idOf(text)].filter((id) => id !== undefined);
  };

  const stated = idsOf(generationConfig, 'eos_token_id', 'generation_config.json');
  const fallback = stated.length > 0 ? stated : idsOf(config, 'eos_token_id', 'config.json');
  const endOfSequenceIds = [...new Set([...idByName('eos_token'), ...fallback])];
  const beginOfSequenceId =
    idByName('bos_token')[0] ??
    (tokenizerConfig === undefined ? idsOf(config, 'bos_token_id', 'config.json')[0] : undefined);
  return {
    byName,
    ...(beginOfSequenceId === undefined ? {} : { beginOfSequenceId }),
    endOfSequenceIds,
    padId:
      idByName('pad_token')[0] ?? idsOf(config, 'pad_token_id', 'config.json')[0] ?? endOfSequenceIds[0] ?? 0,
  };
}
