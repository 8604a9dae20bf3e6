/** Whether a licence allows something: `conditions` are spelled out in its notes. */
export type Permission = 'yes' | 'conditions' | 'no' | 'unknown';

/** What a licence allows to do with weights. A summary to choose by: the text of the licence decides. */
export interface Licence {
  readonly name: string;
  readonly commercialUse: Permission;
  /** Whether fine-tuned and otherwise changed weights may be passed on. */
  readonly derivatives: Permission;
  readonly notes: readonly string[];
  readonly source: string;
}

const META_SCALE =
  'who had over 700 million monthly users when it was released must ask Meta for a licence of their own';
const ACCEPTABLE_USE = 'an acceptable-use policy applies, and passes on with the weights';

/** Licences of the models in `cards/`, by SPDX or Hugging Face id where there is one. */
export const LICENCES = {
  'apache-2.0': {
    name: 'Apache License 2.0',
    commercialUse: 'yes',
    derivatives: 'yes',
    notes: ['keep the licence and the notices; state what was changed'],
    source: 'https://www.apache.org/licenses/LICENSE-2.0',
  },
  mit: {
    name: 'MIT License',
    commercialUse: 'yes',
    derivatives: 'yes',
    notes: ['keep the copyright notice and the licence'],
    source: 'https://opensource.org/license/mit',
  },
  'modified-mit': {
    name: 'Modified MIT License (GPT-2)',
    commercialUse: 'yes',
    derivatives: 'yes',
    notes: ['asks to use it responsibly and to say that a text was made with it', 'tagged mit on the hub'],
    source: 'https://github.com/openai/gpt-2/blob/master/LICENSE',
  },
  'bigscience-bloom-rail-1.0': {
    name: 'BigScience RAIL License 1.0',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [
      'forbids a list of harmful uses (Attachment A)',
      'the list passes on with the weights and what is made of them',
    ],
    source: 'https://huggingface.co/spaces/bigscience/license',
  },
  'llama-noncommercial': {
    name: 'LLaMA Non-commercial Research License',
    commercialUse: 'no',
    derivatives: 'conditions',
    notes: ['for research that is not commercial', 'given out on request'],
    source: 'facebookresearch/llama, branch llama_v1',
  },
  llama2: {
    name: 'Llama 2 Community License',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [META_SCALE, ACCEPTABLE_USE, 'what it writes may not improve other language models'],
    source: 'https://ai.meta.com/llama/license/',
  },
  llama3: {
    name: 'Meta Llama 3 Community License',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [
      META_SCALE,
      ACCEPTABLE_USE,
      'show "Built with Meta Llama 3"; names of derived models begin with "Llama 3"',
      'what it writes may not improve other language models',
    ],
    source: 'https://llama.meta.com/llama3/license/',
  },
  'llama3.1': {
    name: 'Llama 3.1 Community License',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [
      META_SCALE,
      ACCEPTABLE_USE,
      'show "Built with Llama"; names of derived models, and of models trained on what it writes, begin with "Llama"',
    ],
    source: 'https://www.llama.com/llama3_1/license/',
  },
  'llama3.2': {
    name: 'Llama 3.2 Community License',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [
      META_SCALE,
      ACCEPTABLE_USE,
      'show "Built with Llama"; names of derived models, and of models trained on what it writes, begin with "Llama"',
      'the multimodal models of the release are not licensed to those based in the European Union',
    ],
    source: 'https://www.llama.com/llama3_2/license/',
  },
  gemma: {
    name: 'Gemma Terms of Use',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [
      'a prohibited-use policy applies, and the terms pass on with the weights and what is made of them',
      'Google may restrict use that breaks the terms',
    ],
    source: 'https://ai.google.dev/gemma/terms',
  },
  qwen: {
    name: 'Qwen License Agreement',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [
      'who has over 100 million monthly users must ask Alibaba Cloud for a licence of their own',
      'show "Built with Qwen" or "Improved using Qwen" on models trained with it',
    ],
    source: 'https://huggingface.co/Qwen/Qwen2.5-72B/blob/main/LICENSE',
  },
  'qwen-research': {
    name: 'Qwen Research License Agreement',
    commercialUse: 'no',
    derivatives: 'conditions',
    notes: [
      'for research and evaluation that is not commercial',
      'show "Built with Qwen" or "Improved using Qwen"',
    ],
    source: 'https://huggingface.co/Qwen/Qwen2.5-3B/blob/main/LICENSE',
  },
  'falcon-180b': {
    name: 'Falcon-180B TII License',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [ACCEPTABLE_USE, 'offering it as a hosted service needs a permission of its own'],
    source: 'https://huggingface.co/spaces/tiiuae/falcon-180b-license',
  },
  'opt-175b': {
    name: 'OPT-175B License Agreement',
    commercialUse: 'no',
    derivatives: 'conditions',
    notes: ['for research that is not commercial', 'given out on request'],
    source: 'facebookresearch/metaseq, projects/OPT/MODEL_LICENSE.md',
  },
  deepseek: {
    name: 'DeepSeek License Agreement 1.0',
    commercialUse: 'conditions',
    derivatives: 'conditions',
    notes: [
      'forbids a list of harmful uses (Attachment A), which passes on with the weights',
      'the code is under MIT',
    ],
    source: 'https://github.com/deepseek-ai/DeepSeek-V3/blob/main/LICENSE-MODEL',
  },
  proprietary: {
    name: 'none: the weights were not given out',
    commercialUse: 'unknown',
    derivatives: 'no',
    notes: ['where there is or was an API, its terms of service apply'],
    source: 'the papers of these models',
  },
} as const satisfies Record<string, Licence>;

/** The id of a licence in {@link LICENCES}. */
export type LicenceId = keyof typeof LICENCES;

/** The licence of that id. */
export function licenceOf(id: LicenceId): Licence {
  return LICENCES[id];
}
