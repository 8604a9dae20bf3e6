import { z } from 'zod';
import { findAccelerator } from '../../core/accelerators/find-accelerator.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { planProject, type Plan } from '../../core/scope/plan.js';
import { SCOPE_VERSION } from '../../core/scope/scope-schema.js';
import { checkScope, parseScope, writeScope, type Scope } from '../../core/scope/scope.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';

const optionsSchema = z.strictObject({
  from: z.string().min(1, 'must name a file').optional(),
  out: z.string().min(1, 'must name a file').optional(),
  force: z.boolean().default(false),
  values: z.record(z.string(), z.unknown()).default({}),
});

/** What {@link scopeProject} is asked for. */
export interface ScopeProjectOptions {
  /** A scope file to begin with. */
  readonly from?: string | undefined;
  /** Where to write the scope; nothing is written without. */
  readonly out?: string | undefined;
  /** Replaces the file at `out`. */
  readonly force?: boolean | undefined;
  /** Values by their path, such as `quality.target`; they go before those of `from`. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
}

/** What {@link scopeProject} needs from outside. */
export interface ScopeProjectPorts {
  readonly fileSystem: FileSystem;
}

/** A project's scope, and what follows from it. */
export interface ScopeResult {
  /** The file that was written; `null` when none was. */
  readonly file: string | null;
  readonly scope: Scope;
  readonly plan: Plan;
}

/**
 * Checks what a project is to be, writes it down, and plans what follows from it.
 *
 * @throws ToolkitError `USAGE` that lists every field that is missing or wrong, and where `out` exists without `force`
 */
export async function scopeProject(
  options: ScopeProjectOptions,
  { fileSystem }: ScopeProjectPorts,
): Promise<ScopeResult> {
  const { from, out, force, values } = parseOptions(optionsSchema, options);
  if (out !== undefined && !force) await assertNothingAt(out, fileSystem);
  const start = from === undefined ? { version: SCOPE_VERSION } : await readScope(from, fileSystem);
  const scope = checkScope(withValues(start, values));
  assertKnownGpu(scope);
  if (out !== undefined) await fileSystem.writeAtomic(out, writeScope(scope));
  return { file: out ?? null, scope, plan: planProject(scope, out ?? from) };
}

/**
 * Sees to it that a scope file will not be overwritten.
 *
 * @throws ToolkitError `USAGE` when there is something at that path
 */
export async function assertNothingAt(path: string, fileSystem: FileSystem): Promise<void> {
  if ((await fileSystem.stat(path)) === undefined) return;
  throw new ToolkitError(
    `${path}: there is something already`,
    'USAGE',
    `Read it with --from ${path}, write elsewhere with --out, or replace it with --force.`,
  );
}

/** Largest scope file that is read, in bytes: that of the longest text, all of it in characters of four bytes. */
const MOST_BYTES = 1024 * 1024;

async function readScope(path: string, fileSystem: FileSystem): Promise<Scope> {
  const size = (await fileSystem.stat(path))?.size ?? 0;
  if (size > MOST_BYTES) {
    throw new ToolkitError(
      `${path}: has ${size} bytes, too many for a scope`,
      'USAGE',
      'Is it the right file?',
    );
  }
  return parseScope(await fileSystem.readText(path), path);
}

/** The scope with other values at these paths, one group deep. */
function withValues(start: object, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const scope: Record<string, unknown> = { ...start };
  for (const [path, value] of Object.entries(values)) {
    const [key, inner] = path.split('.') as [string, string?];
    scope[key] = inner === undefined ? value : { ...(scope[key] as object | undefined), [inner]: value };
  }
  return scope;
}

/** A GPU of which nothing is known says nothing of its memory, unless the scope does. */
function assertKnownGpu({ hardware }: Scope): void {
  if (hardware.gpu === null || hardware.memory_gb !== null) return;
  try {
    findAccelerator(hardware.gpu);
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    const hint = `${error.hint ?? ''} For another one give its memory too, as hardware.memory_gb.`;
    throw new ToolkitError(`hardware.gpu: ${error.message}`, 'USAGE', hint.trim(), error);
  }
}
