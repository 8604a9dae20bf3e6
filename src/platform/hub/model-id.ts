import { ToolkitError } from '../../core/errors/toolkit-error.js';

/** Longest id and longest revision that are looked up; the hub allows ids of 96 characters. */
const MAXIMUM_ID_LENGTH = 96;
const MAXIMUM_REVISION_LENGTH = 250;

/** One half of an id, or one step of a revision: letters, digits, `.`, `_`, `-`, and no `.` or `-` at either end. */
const WORD = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;

/** What the hub keeps: each kind has ids, addresses and cache folders of its own. */
export type RepositoryKind = 'model' | 'dataset';

/** A repository on the hub. */
export interface RepositoryName {
  readonly kind: RepositoryKind;
  /** `ORG/NAME` */
  readonly id: string;
}

/** What ids look like, for hints. */
export const FORMS: Readonly<Record<RepositoryKind, string>> = {
  model: 'An id is ORG/NAME as in the address of the model’s page, e.g. HuggingFaceTB/SmolLM2-135M.',
  dataset: 'An id is ORG/NAME as in the address of the dataset’s page, e.g. stanfordnlp/imdb.',
};

/** Shown in messages, which must stay on one short line. */
function shown(text: string): string {
  return JSON.stringify(text.length <= 100 ? text : `${text.slice(0, 100)}…`);
}

/**
 * Checks the id of a model or a dataset before it becomes part of an address or a path.
 * @throws USAGE when it is not `ORG/NAME`
 */
export function checkRepositoryId({ kind, id }: RepositoryName): void {
  const parts = id.split('/');
  const isId =
    id.length <= MAXIMUM_ID_LENGTH &&
    parts.length === 2 &&
    parts.every((part) => WORD.test(part) && !part.includes('--') && !part.includes('..')) &&
    !id.endsWith('.git');
  if (!isId) throw new ToolkitError(`${shown(id)} is not the id of a ${kind}`, 'USAGE', FORMS[kind]);
}

/**
 * Checks the name of a branch, tag or commit, e.g. `main` or `refs/pr/1`.
 * @throws USAGE when it could lead anywhere else
 */
export function checkRevision(revision: string): void {
  const isRevision =
    revision.length <= MAXIMUM_REVISION_LENGTH &&
    revision.split('/').every((part) => WORD.test(part) && !part.includes('..'));
  if (!isRevision) {
    throw new ToolkitError(
      `${shown(revision)} is not a revision`,
      'USAGE',
      'Give a branch, a tag or a commit of the repository, e.g. main.',
    );
  }
}

/** Whether a revision is a commit: it never moves. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
