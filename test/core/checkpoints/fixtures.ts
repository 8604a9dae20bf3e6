import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import type { ErrorCode } from '../../../src/core/errors/exit-codes.js';

/** Path of something that `test/golden/make-safetensors.py` made. */
export function golden(...parts: string[]): string {
  return join(import.meta.dirname, '../../golden/safetensors', ...parts);
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the tests know what the golden files hold
export function goldenJson(...parts: string[]): any {
  return JSON.parse(readFileSync(golden(...parts), 'utf8'));
}

/** A folder of the test file's own, removed when it is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'genai-checkpoints-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function sha256(array: ArrayBufferView): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return createHash('sha256').update(bytes).digest('hex');
}

/** The ToolkitError that an action must end in. */
export async function failure(action: Promise<unknown>, code: ErrorCode): Promise<ToolkitError> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ToolkitError);
  const toolkitError = error as ToolkitError;
  expect(toolkitError.code, toolkitError.message).toBe(code);
  return toolkitError;
}
