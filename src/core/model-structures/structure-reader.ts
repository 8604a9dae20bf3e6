import type { ModelStructure } from '../architectures/architecture.js';

/** One file of `families/`: which published configurations it reads, and what weights they describe. */
export interface StructureReader {
  /** The file's name. */
  readonly id: string;
  /** Values of `model_type` in `config.json`. */
  readonly modelTypes: readonly string[];
  /**
   * Reads the fields of a published `config.json`; an absent one has the default that transformers gives it.
   *
   * @throws ToolkitError `BAD_CHECKPOINT` that lists every problem of the configuration at once
   */
  read(config: Readonly<Record<string, unknown>>): ModelStructure;
}
