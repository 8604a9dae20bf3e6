import { join, relative } from 'node:path';
import process from 'node:process';
import type { RecommendPorts } from '../lifecycle/select/recommend.js';
import type { AddModelPorts } from '../lifecycle/select/add.js';
import { BaseCommand } from './base-command.js';

/** Folder of cards, in a project and in the folder of the user's data. */
const CARD_FOLDER = 'model-cards';

/** What every `genai select` command extends that reads the cards. */
export abstract class SelectCommand<Result extends object> extends BaseCommand<Result> {
  /** What the choice of a model may ask of the machine and of the hub; nothing of it is touched before it is needed. */
  protected async selectPorts(): Promise<RecommendPorts & AddModelPorts> {
    const { userDataFolder } = await import('../platform/user-data-folder.js');
    const { nodeMachineResources } = await import('../platform/machine-resources.js');
    const { nodeProcessInfo } = await import('../platform/process-info.js');
    const { findProject } = await import('../core/project/project-folder.js');
    const { fileSystem, graphicsCards, environment } = this.ports;
    const project = await findProject(fileSystem, '.');
    const projectFolder = project === undefined ? '.' : relative('.', project) || '.';
    const data = userDataFolder(environment, process.platform);
    return {
      ...{ fileSystem, graphicsCards },
      projectFolder,
      cardFolders: { project: join(projectFolder, CARD_FOLDER), user: data && join(data, CARD_FOLDER) },
      machineMemoryBytes: () =>
        nodeMachineResources.memoryLimitBytes() ?? nodeProcessInfo.describe().memory_bytes,
      hub: async () => (await import('../platform/model-hub.js')).huggingFaceHub(environment),
    };
  }
}
