import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { SCOPE_FILE } from '../../core/project/project-folder.js';
import type { Scope } from '../../core/scope/scope.js';
import { findScopeTask, SCOPE_TASK_NAMES, SCOPE_TASKS, type ScopeTaskName } from '../../core/scope/tasks.js';
import { knownName } from './known-name.js';

/**
 * The task that is named, by its name or an everyday word, or else the scope's.
 *
 * @throws ToolkitError `USAGE` where there is neither, or for a word that means no task
 */
export function taskOf(given: string | undefined, scope: Scope | undefined): ScopeTaskName {
  if (given !== undefined) {
    const words = Object.entries(SCOPE_TASKS).flatMap(([name, { words }]) => [name, ...words]);
    return findScopeTask(given) ?? findScopeTask(knownName('--task', given, words))!;
  }
  if (scope !== undefined) return scope.task;
  throw new ToolkitError(
    `--task: names no task, and there is no ${SCOPE_FILE} here`,
    'USAGE',
    `Give --task with one of ${SCOPE_TASK_NAMES.join(', ')}; or write a scope with genai scope.`,
  );
}
