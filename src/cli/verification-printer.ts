import type { VerifyPorts, VerifyResult } from '../lifecycle/deploy/verify.js';
import type { ProgressListener } from '../core/progress/progress-event.js';
import { createEngine } from './engine-flags.js';
import type { Ports } from './ports.js';
import { VERIFICATION_COLUMNS, verificationParagraphs, verificationRows } from './renderers/verification.js';
import type { Column } from './table.js';

/** What the two models are run with: this toolkit on the processor, in float32, and llama.cpp where it is installed. */
export function verificationPorts(
  ports: Ports,
  threads: number,
  onProgress: ProgressListener,
  signal: AbortSignal,
): VerifyPorts {
  return {
    files: ports.fileSystem,
    createEngine: () => createEngine({ engine: 'onnxruntime', device: 'cpu', threads }, ports.environment),
    async openLlamaCpp() {
      const { openLlamaCpp } = await import('../platform/llama-cpp.js');
      return openLlamaCpp();
    },
    threads,
    onProgress,
    signal,
  };
}

/** Prints the tables and the verdict of a verification. */
export function printVerification(
  result: VerifyResult,
  printTable: (columns: readonly Column[], rows: readonly (readonly string[])[]) => void,
  printParagraph: (text: string) => void,
): void {
  printTable(VERIFICATION_COLUMNS, verificationRows(result.rows));
  if (result.stored_rows.length > 0) {
    printParagraph('');
    printParagraph('The same weights brought back to numbers, against the runtime:');
    printTable(VERIFICATION_COLUMNS, verificationRows(result.stored_rows));
  }
  printParagraph('');
  for (const paragraph of verificationParagraphs(result)) printParagraph(paragraph);
}
