import type { FileSystem } from '../../platform/file-system.js';
import type { JsonObject } from '../checkpoints/json-file.js';
import type { StoredWeights } from '../checkpoints/load-weights.js';
import type { ModelSource } from '../generation/load-language-model.js';
import type { ProgressListener } from '../progress/progress-event.js';
import type { ExportManifest } from './manifest.js';

/** What is exported. */
export interface ExportRequest {
  readonly source: ModelSource;
  /** All weights, an adapter's added in. */
  readonly weights: StoredWeights;
  readonly generationConfig: JsonObject | undefined;
  /** One of the target's. */
  readonly precision: string;
  /** What the export is called: part of file names. */
  readonly name: string;
}

/** What writing needs from outside. */
export interface ExportPorts {
  readonly files: FileSystem;
  readonly onProgress: ProgressListener;
  readonly signal?: AbortSignal | undefined;
}

/** A form in which models leave this toolkit: one file of `targets/` each. */
export interface ExportTarget {
  /** The file's name. */
  readonly id: ExportManifest['target'];
  /** What runs it, in a line. */
  readonly description: string;
  /** `library_name` of a card on the hub. */
  readonly library: string;
  /** How an exported folder is run, for its card. */
  readonly usage: {
    readonly language: 'sh' | 'js' | 'python';
    text(facts: { readonly name: string; readonly precision: string; readonly entry: string }): string;
  };
  /** Types that weights can be written in, the usual one first. */
  readonly precisions: readonly string[];
  /** Path of the file or folder that is to be run, from the export's folder. */
  entry(request: Pick<ExportRequest, 'name' | 'precision'>): string;
  /** Bytes of weights, about. */
  expectedBytes(request: ExportRequest): number;
  /**
   * Fills an empty folder.
   *
   * @returns what users should know of this export, as sentences
   */
  write(request: ExportRequest, folder: string, ports: ExportPorts): Promise<readonly string[]>;
  /**
   * Writes the adapter alone, for where it is put beside its base model.
   *
   * @returns name of the file
   */
  writeAdapter?(source: ModelSource, name: string, folder: string, ports: ExportPorts): Promise<string>;
}
