import type { NeededMemory, SelectionNeed } from './need.js';
import type { SelectableModel } from './selectable-model.js';

/** A model with what it takes to do what is needed. */
export interface Contender {
  readonly model: SelectableModel;
  readonly need: SelectionNeed;
  readonly memory: NeededMemory;
}
