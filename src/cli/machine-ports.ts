import { join, relative } from 'node:path';
import process from 'node:process';
import type { Ports } from './ports.js';

/** Folder of cards, in a project and in the folder of the user's data. */
const CARD_FOLDER = 'model-cards';

/**
 * What the choice and the estimate of a model may ask of the machine, of the user's folders and of the hub; nothing of
 * it is touched before it is needed, but for looking where the project is.
 */
export async function machinePorts({ fileSystem, graphicsCards, environment }: Ports) {
  const { userDataFolder } = await import('../platform/user-data-folder.js');
  const { nodeMachineResources } = await import('../platform/machine-resources.js');
  const { nodeProcessInfo } = await import('../platform/process-info.js');
  const { findProject } = await import('../core/project/project-folder.js');
  const project = await findProject(fileSystem, '.');
  const projectFolder = project === undefined ? '.' : relative('.', project) || '.';
  const data = userDataFolder(environment, process.platform);
  return {
    ...{ fileSystem, graphicsCards, projectFolder },
    cardFolders: { project: join(projectFolder, CARD_FOLDER), user: data && join(data, CARD_FOLDER) },
    machineMemoryBytes: () =>
      nodeMachineResources.memoryLimitBytes() ?? nodeProcessInfo.describe().memory_bytes,
    hub: async () => (await import('../platform/model-hub.js')).huggingFaceHub(environment),
  };
}
