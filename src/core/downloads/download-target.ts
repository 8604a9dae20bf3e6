import type { HubFile } from '../../platform/model-hub.js';

/** A place for the files of one repository, at one commit. */
export interface DownloadTarget {
  /** Folder that shows the files under their own names. */
  readonly folder: string;
  /** Folder of what is not whole yet, on the same disk. */
  readonly partialFolder: string;
  /** Whether the file needs no download; may read it through to tell. */
  isPresent(file: HubFile): Promise<boolean>;
  /** Where the checked content goes. */
  prepare(file: HubFile): Promise<string>;
  /** Makes the content show under the file's name. */
  show(file: HubFile): Promise<void>;
  /** Called once all files show. */
  finish(): Promise<void>;
}
