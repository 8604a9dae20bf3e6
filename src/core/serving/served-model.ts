import type { SlotModel } from '../generation/slot-model.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';
import { Scheduler } from './scheduler.js';
import type { ServingStatistics } from './serving-statistics.js';
import type { Turns } from './turns.js';

/** A model as it was loaded, before anybody asks it anything. */
export interface LoadedModel {
  readonly slotModel: SlotModel;
  readonly tokenizer: Tokenizer;
  /** Logits that it gives. */
  readonly vocabulary: number;
  /** Width of its hidden states. */
  readonly hidden: number;
}

/** What all models of a server have in common. */
export interface ServingSettings {
  readonly queueLimit: number;
  readonly turns: Turns;
  readonly statistics: ServingStatistics;
}

/** A model that answers requests. */
export class ServedModel {
  readonly scheduler: Scheduler;

  constructor(
    /** By which requests call it. */
    readonly name: string,
    private readonly loaded: LoadedModel,
    settings: ServingSettings,
  ) {
    const { slotModel: model, tokenizer, vocabulary } = loaded;
    this.scheduler = new Scheduler({ model, tokenizer, vocabulary, ...settings });
  }

  get tokenizer(): Tokenizer {
    return this.loaded.tokenizer;
  }

  get vocabulary(): number {
    return this.loaded.vocabulary;
  }

  get hidden(): number {
    return this.loaded.hidden;
  }

  /** Tokens of a prompt and its answer together. */
  get contextLength(): number {
    return this.loaded.slotModel.capacity;
  }

  get slots(): number {
    return this.loaded.slotModel.slots;
  }

  /** Waits for what is being computed, and frees the model. */
  async dispose(): Promise<void> {
    await this.scheduler.idle();
    await this.loaded.slotModel.dispose();
  }
}
