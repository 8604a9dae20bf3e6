import { LICENCES, type Licence } from './licences.js';

const KEEP_NOTICE = 'keep the copyright notice and the licence';
const NAME_AUTHORS = 'name the authors and say what was changed';
const HARMFUL_USES = 'forbids a list of harmful uses, which passes on with the weights';
const CREATIVE_COMMONS = 'https://creativecommons.org/licenses/';

/** Licences that models of the hub often have and no built-in card has, by their id there. */
const OTHER_LICENCES: Readonly<Record<string, Licence>> = {
  'bsd-2-clause': {
    name: 'BSD 2-Clause License',
    commercialUse: 'yes',
    derivatives: 'yes',
    notes: [KEEP_NOTICE],
    source: 'https://opensource.org/license/bsd-2-clause',
  },
  'bsd-3-clause': {
    name: 'BSD 3-Clause License',
    commercialUse: 'yes',
    derivatives: 'yes',
    notes: [KEEP_NOTICE, 'do not advertise with the names of the authors'],
    source: 'https://opensource.org/license/bsd-3-clause',
  },
  'cc0-1.0': {
    name: 'Creative Commons Zero 1.0',
    commercialUse: 'yes',
    derivatives: 'yes',
    notes: ['in the public domain as far as the law allows'],
    source: 'https://creativecommons.org/publicdomain/zero/1.0/',
  },
  'cc-by-4.0': {
    name: 'Creative Commons Attribution 4.0',
    commercialUse: 'yes',
    derivatives: 'yes',
    notes: [NAME_AUTHORS],
    source: `${CREATIVE_COMMONS}by/4.0/`,
  },
  'cc-by-sa-4.0': {
    name: 'Creative Commons Attribution-ShareAlike 4.0',
    commercialUse: 'yes',
    derivatives: 'conditions',
    notes: [NAME_AUTHORS, 'what is made of it carries the same licence'],
    source: `${CREATIVE_COMMONS}by-sa/4.0/`,
  },
  'cc-by-nc-4.0': {
    name: 'Creative Commons Attribution-NonCommercial 4.0',
    commercialUse: 'no',
    derivatives: 'conditions',
    notes: [NAME_AUTHORS, 'for what is not commercial'],
    source: `${CREATIVE_COMMONS}by-nc/4.0/`,
  },
  'cc-by-nc-sa-4.0': {
    name: 'Creative Commons Attribution-NonCommercial-ShareAlike 4.0',
    commercialUse: 'no',
    derivatives: 'conditions',
    notes: [NAME_AUTHORS, 'for what is not commercial', 'what is made of it carries the same licence'],
    source: `${CREATIVE_COMMONS}by-nc-sa/4.0/`,
  },
  'cc-by-nc-nd-4.0': {
    name: 'Creative Commons Attribution-NonCommercial-NoDerivatives 4.0',
    commercialUse: 'no',
    derivatives: 'no',
    notes: [NAME_AUTHORS, 'for what is not commercial', 'changed versions may not be passed on'],
    source: `${CREATIVE_COMMONS}by-nc-nd/4.0/`,
  },
  'gpl-3.0': {
    name: 'GNU General Public License 3.0',
    commercialUse: 'yes',
    derivatives: 'conditions',
    notes: ['what is made of it and passed on carries the same licence, with its sources'],
    source: 'https://www.gnu.org/licenses/gpl-3.0.html',
  },
  'agpl-3.0': {
    name: 'GNU Affero General Public License 3.0',
    commercialUse: 'yes',
    derivatives: 'conditions',
    notes: [
      'what is made of it and passed on, or offered over a network, carries the same licence, with its sources',
    ],
    source: 'https://www.gnu.org/licenses/agpl-3.0.html',
  },
  openrail: {
    name: 'Open RAIL',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [HARMFUL_USES],
    source: 'https://www.licenses.ai',
  },
  'bigscience-openrail-m': {
    name: 'BigScience OpenRAIL-M',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [HARMFUL_USES],
    source: 'https://bigscience.huggingface.co/blog/bigscience-openrail-m',
  },
  'bigcode-openrail-m': {
    name: 'BigCode OpenRAIL-M',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [HARMFUL_USES],
    source: 'https://huggingface.co/spaces/bigcode/bigcode-model-license-agreement',
  },
};

/** Stands for a card that names no licence: without one nothing is allowed. */
export const NO_LICENCE = 'none named';

/** Ids of all licences that are described. */
export const LICENCE_IDS: readonly string[] = [
  ...Object.keys(LICENCES),
  ...Object.keys(OTHER_LICENCES),
].sort();

/** What is known of a licence; of one that is not described, that it must be read. */
export function describeLicence(id: string): Licence {
  const known: Readonly<Record<string, Licence>> = { ...LICENCES, ...OTHER_LICENCES };
  const licence = Object.hasOwn(known, id) ? known[id] : undefined;
  return (
    licence ?? {
      name: id,
      commercialUse: 'unknown',
      derivatives: 'unknown',
      notes: [
        id === NO_LICENCE
          ? 'without a licence nothing is allowed; ask the authors'
          : 'is not described here: read its text',
      ],
      source: 'the model’s own card',
    }
  );
}
