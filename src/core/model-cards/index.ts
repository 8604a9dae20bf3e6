/** What is published of well-known models: shape, count, licence, what they are for and what they are not for. */
export { findModelCard, loadModelCards, modelCardIds } from './find-model-card.js';
export { LICENCES, licenceOf, type Licence, type LicenceId, type Permission } from './licences.js';
export type { ModelCard, PretrainingObjective, Task } from './model-card.js';
export { describeLicence, LICENCE_IDS, NO_LICENCE } from './other-licences.js';
