/** Tensors that go into one file together. */
export interface Shard {
  readonly names: readonly string[];
  readonly bytes: number;
}

/**
 * Splits tensors, in their order, into shards of at most `maximumBytes`; a tensor larger than that gets a shard of its
 * own. There is always one shard, if an empty one. Same greedy rule as huggingface_hub's
 * `split_state_dict_into_shards_factory`, save that an oversized tensor also ends the shard before it.
 */
export function splitIntoShards(
  sizes: Iterable<readonly [name: string, bytes: number]>,
  maximumBytes: number,
): Shard[] {
  const shards: Shard[] = [];
  let names: string[] = [];
  let bytes = 0;
  for (const [name, size] of sizes) {
    if (names.length > 0 && bytes + size > maximumBytes) {
      shards.push({ names, bytes });
      names = [];
      bytes = 0;
    }
    names.push(name);
    bytes += size;
  }
  shards.push({ names, bytes });
  return shards;
}

/** `model.safetensors` for a single shard, else `model-00001-of-00002.safetensors` and so on. */
export function shardFileName(index: number, count: number): string {
  if (count === 1) return 'model.safetensors';
  const five = (n: number): string => String(n).padStart(5, '0');
  return `model-${five(index + 1)}-of-${five(count)}.safetensors`;
}
