import type { SlotModel } from '../generation/slot-model.js';

/** A slot that is continued in place must share at least this part of what it holds, or another one is taken. */
const LEAST_SHARED_PART = 0.5;

/** Where a prompt goes, and what of it is there already. */
export interface SlotChoice {
  readonly slot: number;
  /** The slot whose beginning is taken; `slot` itself if it is continued in place. */
  readonly from: number;
  /** Tokens that need not be read again; the last one always is, for its logits. */
  readonly shared: number;
}

function sharedLength(held: readonly number[], prompt: readonly number[]): number {
  const most = Math.min(held.length, prompt.length - 1);
  let length = 0;
  while (length < most && held[length] === prompt[length]) length++;
  return length;
}

/**
 * Chooses a slot for a prompt. The slot that shares most of its beginning gives it, whether it is free or at work: in
 * place if little else would be lost, else by a copy into the free slot that was used least recently.
 *
 * @param free slots to choose from, at least one, the least recently used first
 */
export function chooseSlot(model: SlotModel, free: readonly number[], prompt: readonly number[]): SlotChoice {
  const [oldest] = free;
  let from = oldest!;
  let shared = sharedLength(model.tokensOf(from), prompt);
  const inPlaceFirst = [...free, ...Array(model.slots).keys()];
  for (const slot of inPlaceFirst) {
    const length = sharedLength(model.tokensOf(slot), prompt);
    if (length > shared) [from, shared] = [slot, length];
  }
  const inPlace = free.includes(from) && shared >= LEAST_SHARED_PART * model.tokensOf(from).length;
  return { slot: inPlace ? from : oldest!, from, shared };
}
