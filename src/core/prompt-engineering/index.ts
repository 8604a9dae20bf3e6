/** Prompts tried on rows: files of prompts, the configurations of a sweep, and the task that measures each. */
export {
  listConfigurations,
  MOST_CONFIGURATIONS,
  type Configuration,
  type SettingValues,
  type SweptSetting,
} from './configurations.js';
export { openPrompt, starterPrompts, type PromptFolderPorts } from './open-prompt.js';
export { readPromptFile, savedExamples } from './prompt-file.js';
export { rowsForPrompt, settingsForRows } from './prompt-rows.js';
export { promptTask, usualMetric } from './prompt-task.js';
export { shotsChart } from './shots-chart.js';
