/** What of a project is done, derived from its own files. */
export { projectStatus } from './derive-status.js';
export { fingerprintFile, type Fingerprint, type FingerprintPorts } from './fingerprint.js';
export { findProject } from './project-folder.js';
export type { ProjectFacts, ProjectStatus, StageState, StageStatus, StepStatus } from './project-status.js';
export { recordStage, type DoneStep } from './stage-record.js';
