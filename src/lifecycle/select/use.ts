import { join, resolve } from 'node:path';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import type { FingerprintPorts } from '../../core/project/fingerprint.js';
import { findModelCard } from '../../core/model-cards/index.js';
import { commandWord } from '../../core/project/command-word.js';
import { findProject, pathInProject, SCOPE_FILE } from '../../core/project/project-folder.js';
import { recordStage } from '../../core/project/stage-record.js';

/** What {@link useModel} is asked for. */
export interface UseModelOptions {
  /** A model folder, ORG/NAME on the hub, or the name of a card whose model is on the hub. */
  readonly model: string;
  /** Why this one; kept with the choice. */
  readonly reason?: string | undefined;
  /** The project is the one that this path lies in. */
  readonly from: string;
}

/** A model that was chosen. */
export interface UseModelResult {
  readonly project: string;
  readonly model: string;
  /** The file that says so. */
  readonly record: string;
}

/** ORG/NAME, as the hub allows them. */
const REPOSITORY = /^[\w.-]{1,96}\/[\w.-]{1,96}$/;

/**
 * Records which model a project builds on, and for which scope: when the scope changes, the choice is stale.
 *
 * @throws ToolkitError `NOT_FOUND` outside of a project, and for a model that is no folder, repository or card
 */
export async function useModel(options: UseModelOptions, ports: FingerprintPorts): Promise<UseModelResult> {
  const { model, reason, from } = options;
  const { files } = ports;
  const project = await findProject(files, from);
  if (project === undefined) {
    throw new ToolkitError(
      `${from}: is not in a project (there is no ${SCOPE_FILE} here or above)`,
      'NOT_FOUND',
      'Make one with genai init FOLDER, or go to the folder of one.',
    );
  }
  const folder = resolve(from, model);
  const isFolder = (await files.stat(join(folder, 'config.json'))) !== undefined;
  const chosen = isFolder ? pathInProject(project, folder) : await onTheHub(model);
  const record = await recordStage(
    project,
    {
      stage: 'select',
      name: 'select',
      isOnly: true,
      command: `genai select use ${commandWord(chosen)}`,
      inputs: [SCOPE_FILE],
      results: { model: chosen, ...(reason !== undefined && { reason }) },
    },
    ports,
  );
  return { project, model: chosen, record: pathInProject(project, record) };
}

async function onTheHub(name: string): Promise<string> {
  const card = await findModelCard(name);
  if (card !== undefined && card.huggingFaceId !== null && !name.includes('/')) return card.huggingFaceId;
  if (REPOSITORY.test(name) && !name.startsWith('.')) return name;
  throw new ToolkitError(
    `${JSON.stringify(name)}: is no model folder here, and no model of the hub`,
    'NOT_FOUND',
    'Give a folder with a config.json, ORG/NAME as on the hub, or an id of genai select list.',
  );
}
