import type { ModelKind } from '../architectures/architecture.js';
import { RULE_TRAINING_BYTES_PER_PARAMETER } from '../memory/rule-of-thumb.js';
import type { Condition, ScopePath } from './conditions.js';
import type { MetricName } from './metrics.js';
import { SOURCES } from './plan-sources.js';

/** Numbers at which the advice changes. */
export const THRESHOLDS = {
  /** Labelled examples from which fine-tuning on one task pays. Source: {@link SOURCES.singleTask}. */
  fineTuning: 500,
  /** Examples that a prompt is given at most before fine-tuning is tried. Source: {@link SOURCES.fewShot}. */
  fewShot: 6,
  /** Questions with their passage from which a retriever is trained. Source: {@link SOURCES.dpr}. */
  retriever: 1000,
  /** Tokens that encoder–decoders of the model cards can read. Source: {@link SOURCES.bart}. */
  encoderDecoderContext: 1024,
  /** Tokens of the smallest corpus that continued pre-training was shown to pay on. Source: {@link SOURCES.adaptive}. */
  continuedPretraining: 2_110_000_000,
  /** Tokens for an encoder of 110M from scratch: 3.1 billion words at 4 tokens for 3 words. Source: {@link SOURCES.pubmedBert}. */
  encoderFromScratch: 4_100_000_000,
  /** Tokens of the domain in BloombergGPT's corpus. Source: {@link SOURCES.bloomberg}. */
  decoderFromScratch: 363_000_000_000,
} as const;

/** BloombergGPT, the reference case: 51 % of the domain, 49 % public text. */
export const BLOOMBERG_MIX = {
  parameters: 50_000_000_000,
  domainTokens: 363_000_000_000,
  generalTokens: 345_000_000_000,
  trainedTokens: 569_000_000_000,
} as const;

/** Chinchilla's tokens for each parameter. Source: {@link SOURCES.chinchilla}. */
const TOKENS_PER_PARAMETER = 20;
/** Half the width of the interval that a measured share should have. The toolkit's choice: three points of a hundred. */
const HALF_WIDTH = 0.03;
/** Mean length of a month, in days. */
const DAYS_PER_MONTH = 30.44;

/** Parts of the plan, in order. Of a part with `first` the first rule that fits is the advice; of others all that fit. */
export const TOPICS = {
  family: { title: 'Architecture', first: true },
  adaptation: { title: 'Adaptation', first: true },
  alignment: { title: 'Alignment', first: true },
  'pre-training': { title: 'Pre-training', first: true },
  metric: { title: 'Metric', first: false },
  data: { title: 'Data', first: false },
  running: { title: 'Running it', first: false },
} as const;

/** The name of a part in {@link TOPICS}. */
export type Topic = keyof typeof TOPICS;

/** What rules settle, for the rules and commands after them. */
export interface Decisions {
  /** Architecture families that suit, the best first. */
  readonly families: readonly ModelKind[];
  readonly approach: 'prompt' | 'few-shot' | 'fine-tune' | 'as-is';
  readonly pre_training:
    'none' | 'unsettled' | 'gather-text' | 'task-adaptive' | 'continued' | 'from-scratch';
  readonly metric: MetricName;
  /** Labelled examples to have. */
  readonly examples: number;
}

/** What conditions may name besides the values of a scope. */
export type DerivedPath =
  | 'hardware.memory_of_gpu_gb'
  | 'quality.metric_is_usual'
  | 'volume.tokens_per_day'
  | 'plan.family'
  | 'plan.approach'
  | 'plan.pre_training';

/** Path of a fact. */
export type FactPath = ScopePath | DerivedPath;

/** A number that an advice names, by a formula over constants and facts. */
export interface RuleFigure {
  readonly formula: string;
  /** A string is the path of a fact. */
  readonly inputs: Readonly<Record<string, number | FactPath>>;
  readonly source: string;
  readonly leavesOut?: string;
}

/** One row of the table. */
export interface PlanRule {
  readonly id: string;
  readonly topic: Topic;
  readonly when: Condition<FactPath>;
  /** Names in braces stand for facts and figures. */
  readonly advice: string;
  readonly reason: string;
  readonly source: string;
  readonly figures?: Readonly<Record<string, RuleFigure>>;
  readonly decides?: Partial<Decisions>;
}

const LABELLING = ['text-classification', 'token-classification'] as const;
const TEXT_TO_TEXT = ['summarization', 'translation', 'question-answering'] as const;
const WRITING = ['text-generation', 'code-generation', 'conversational', 'tool-calling'] as const;

/** Every rule of the plan, in order. */
export const PLAN_RULES: readonly PlanRule[] = [
  // Architecture
  {
    id: 'family-labels-with-few-examples',
    topic: 'family',
    when: { task: LABELLING, labelled_examples: { below: THRESHOLDS.fineTuning } },
    advice:
      'Begin with a decoder-only model that is prompted; move to an encoder-only one when there are labels to learn from.',
    reason:
      'Encoder-only models see both sides of every word, which suits labels, but they learn the labels from examples alone; large decoder-only models label what they are told to.',
    source: SOURCES.architectures,
    decides: { families: ['decoder', 'encoder'] },
  },
  {
    id: 'family-labels',
    topic: 'family',
    when: { task: LABELLING },
    advice: 'Encoder-only (BERT, RoBERTa).',
    reason:
      'Masked language modelling gives every token the context of both its sides, which suits labels of sentences and of words.',
    source: SOURCES.architectures,
    decides: { families: ['encoder', 'decoder'] },
  },
  {
    id: 'family-retrieval',
    topic: 'family',
    when: { task: 'sentence-similarity' },
    advice: 'Encoder-only, as an embedding model.',
    reason:
      'An encoder turns its input into one vector per token with the context of both sides; pooled, these are compared.',
    source: SOURCES.transformer,
    decides: { families: ['encoder'] },
  },
  {
    id: 'family-long-input',
    topic: 'family',
    when: { task: TEXT_TO_TEXT, input_tokens: { atLeast: THRESHOLDS.encoderDecoderContext + 1 } },
    advice:
      'Decoder-only with a context of {input_tokens} tokens and more; encoder–decoders only if text is cut into pieces.',
    reason: 'Encoder–decoders suit text in and text out, but the published ones read 512 to 1,024 tokens.',
    source: SOURCES.bart,
    decides: { families: ['decoder', 'encoder-decoder'] },
  },
  {
    id: 'family-text-to-text',
    topic: 'family',
    when: { task: TEXT_TO_TEXT },
    advice: 'Encoder–decoder (T5, FLAN-T5, BART).',
    reason:
      'A body of text comes in and another of a different length goes out: the encoder reads all of it before the decoder writes.',
    source: SOURCES.architectures,
    decides: { families: ['encoder-decoder', 'decoder'] },
  },
  {
    id: 'family-writing',
    topic: 'family',
    when: { task: WRITING },
    advice: 'Decoder-only (GPT, BLOOM, Llama).',
    reason:
      'Trained to predict the next token, they write; large ones also follow instructions without examples.',
    source: SOURCES.architectures,
    decides: { families: ['decoder'] },
  },

  // Adaptation
  {
    id: 'adaptation-retriever',
    topic: 'adaptation',
    when: { task: 'sentence-similarity', labelled_examples: { atLeast: THRESHOLDS.retriever } },
    advice:
      'Measure a published embedding model first, then fine-tune it on your pairs of query and passage.',
    reason: 'From about 1,000 questions on, a trained retriever finds more than matching words does.',
    source: SOURCES.dpr,
    decides: { approach: 'fine-tune' },
  },
  {
    id: 'adaptation-embedding-model',
    topic: 'adaptation',
    when: { task: 'sentence-similarity' },
    advice:
      'Take a published embedding model as it is, beside BM25, until 1,000 queries with their passage are there.',
    reason:
      'Embeddings are not prompted; with few pairs there is little to fine-tune on, and matching words is a strong rival.',
    source: SOURCES.beir,
    decides: { approach: 'as-is' },
  },
  {
    id: 'adaptation-small-model',
    topic: 'adaptation',
    when: { privacy: 'on-device', labelled_examples: { atLeast: THRESHOLDS.fineTuning } },
    advice: 'Fine-tune a small model on this task alone.',
    reason: 'Models with fewer parameters do well on one focused task once fine-tuned, and fit the device.',
    source: SOURCES.singleTask,
    decides: { approach: 'fine-tune' },
  },
  {
    id: 'adaptation-label-head',
    topic: 'adaptation',
    when: { task: LABELLING, labelled_examples: { atLeast: THRESHOLDS.fineTuning } },
    advice:
      'Fine-tune: the labels are learnt from your examples. Prompt a larger model once, as the figure to pass.',
    reason:
      'Encoder-only models have no prompt to be told the labels in; smaller models do well on one focused task.',
    source: SOURCES.singleTask,
    decides: { approach: 'fine-tune' },
  },
  {
    id: 'adaptation-labels-uncounted',
    topic: 'adaptation',
    when: { task: LABELLING, labelled_examples: null },
    advice:
      'Count your labelled examples: from 500 on fine-tune an encoder-only model; with fewer prompt a decoder-only one, with up to 6 of them.',
    reason:
      'Encoder-only models have no prompt to be told the labels in, so all depends on how many examples there are.',
    source: SOURCES.singleTask,
    decides: { approach: 'prompt' },
  },
  {
    id: 'adaptation-fine-tune',
    topic: 'adaptation',
    when: { labelled_examples: { atLeast: THRESHOLDS.fineTuning } },
    advice:
      'Prompt first, with up to 6 examples, and measure; where the bar is not reached, fine-tune on instructions with LoRA.',
    reason:
      'Prompting can be enough and costs nothing to try; examples in every prompt take room and time, and what 5 or 6 do not mend, training does.',
    source: SOURCES.fewShot,
    decides: { approach: 'fine-tune' },
  },
  {
    id: 'adaptation-few-shot',
    topic: 'adaptation',
    when: { labelled_examples: { atLeast: 1, below: THRESHOLDS.fineTuning } },
    advice:
      'Prompt with up to 6 of your examples (few-shot) and keep the others to measure by; gather more in case it falls short.',
    reason: 'In-context learning needs a handful of examples; fine-tuning on one task wants some hundreds.',
    source: SOURCES.fewShot,
    decides: { approach: 'few-shot' },
  },
  {
    id: 'adaptation-zero-shot',
    topic: 'adaptation',
    when: {},
    advice:
      'Prompt a model that follows instructions (zero-shot), write 6 examples by hand for the prompt, and more to measure by.',
    reason:
      'The largest models are good without examples, smaller ones struggle; without examples neither can be measured.',
    source: SOURCES.prompting,
    decides: { approach: 'prompt' },
  },

  // Alignment
  {
    id: 'alignment-preferences',
    topic: 'alignment',
    when: { task: ['conversational', 'text-generation'] },
    advice:
      'Choose a model that is aligned already; gather pairs of a better and a worse answer to align your own.',
    reason:
      'Capable models must also behave: what people prefer is learnt from their choices, not from one right answer.',
    source: `${SOURCES.lifecycle}; ${SOURCES.instructGpt}`,
  },

  // Pre-training
  {
    id: 'pretraining-decoder-from-scratch',
    topic: 'pre-training',
    when: {
      'domain.unusual_vocabulary': true,
      'domain.tokens_available': { atLeast: THRESHOLDS.decoderFromScratch },
      'plan.family': ['decoder', 'encoder-decoder'],
    },
    advice:
      'There is text to pre-train from scratch, with a tokenizer of its own: {general_tokens} tokens of public text beside it make {corpus_tokens}, enough for {parameters} parameters. Compare it with continued pre-training before you pay for it.',
    reason:
      'Words that are rare elsewhere are learnt best from the start. BloombergGPT (50B parameters) mixed 363B tokens of finance with 345B public ones, 51 to 49 %, and trained on 569B of them.',
    source: `${SOURCES.domains}; ${SOURCES.bloomberg}`,
    figures: {
      general_tokens: {
        formula: 'domain_tokens * public_tokens_of_bloomberg / domain_tokens_of_bloomberg',
        inputs: {
          domain_tokens: 'domain.tokens_available',
          public_tokens_of_bloomberg: BLOOMBERG_MIX.generalTokens,
          domain_tokens_of_bloomberg: BLOOMBERG_MIX.domainTokens,
        },
        source: SOURCES.bloomberg,
      },
      corpus_tokens: {
        formula: 'domain_tokens * (1 + public_tokens_of_bloomberg / domain_tokens_of_bloomberg)',
        inputs: {
          domain_tokens: 'domain.tokens_available',
          public_tokens_of_bloomberg: BLOOMBERG_MIX.generalTokens,
          domain_tokens_of_bloomberg: BLOOMBERG_MIX.domainTokens,
        },
        source: SOURCES.bloomberg,
      },
      parameters: {
        formula:
          'domain_tokens * (1 + public_tokens_of_bloomberg / domain_tokens_of_bloomberg) / tokens_per_parameter',
        inputs: {
          domain_tokens: 'domain.tokens_available',
          public_tokens_of_bloomberg: BLOOMBERG_MIX.generalTokens,
          domain_tokens_of_bloomberg: BLOOMBERG_MIX.domainTokens,
          tokens_per_parameter: TOKENS_PER_PARAMETER,
        },
        source: SOURCES.chinchilla,
        leavesOut: 'that smaller models trained on longer are cheaper to run',
      },
    },
    decides: { pre_training: 'from-scratch' },
  },
  {
    id: 'pretraining-encoder-from-scratch',
    topic: 'pre-training',
    when: {
      'domain.unusual_vocabulary': true,
      'domain.tokens_available': { atLeast: THRESHOLDS.encoderFromScratch },
      'plan.family': 'encoder',
    },
    advice:
      'Pre-train an encoder from scratch, with a vocabulary of its own, unless one of your domain is published.',
    reason:
      'With 3.1 billion words of medicine, an encoder of 110M parameters from scratch passed those that began with everyday text.',
    source: `${SOURCES.domains}; ${SOURCES.pubmedBert}`,
    decides: { pre_training: 'from-scratch' },
  },
  {
    id: 'pretraining-continued',
    topic: 'pre-training',
    when: {
      'domain.unusual_vocabulary': true,
      'domain.tokens_available': { atLeast: THRESHOLDS.continuedPretraining },
    },
    advice:
      'Continue the pre-training of an existing model on your {domain.tokens_available} tokens, mixed with public text, before you fine-tune it.',
    reason:
      'It paid on 2.1 to 8.1 billion tokens of four domains. For a model from scratch it is too little: BloombergGPT had 363B tokens of finance. General text in the mix (49 % there) keeps what the model knew.',
    source: `${SOURCES.adaptive}; ${SOURCES.bloomberg}`,
    decides: { pre_training: 'continued' },
  },
  {
    id: 'pretraining-task-adaptive',
    topic: 'pre-training',
    when: { 'domain.unusual_vocabulary': true, 'domain.tokens_available': { atLeast: 1 } },
    advice:
      'Continue the pre-training briefly on the text of the task itself, and put definitions into the prompt.',
    reason:
      'Even the unlabelled text of the task helps a little; for the words of a domain it is not enough (2.1 billion tokens was the least shown to pay).',
    source: SOURCES.adaptive,
    decides: { pre_training: 'task-adaptive' },
  },
  {
    id: 'pretraining-gather-text',
    topic: 'pre-training',
    when: { 'domain.unusual_vocabulary': true },
    advice:
      'Look for a model of your domain; else gather its text: 2.1 billion tokens to continue a pre-training, 363 billion for a decoder from scratch. Of scraped text 1 to 3 % is left after cleaning.',
    reason:
      'A model understands badly what its training text hardly held: "res judicata", or "1 tab po qid pc & hs". BloombergGPT mixed 51 % finance with 49 % public text.',
    source: `${SOURCES.domains}; ${SOURCES.curation}`,
    decides: { pre_training: 'gather-text' },
  },
  {
    id: 'pretraining-unsettled',
    topic: 'pre-training',
    when: { 'domain.unusual_vocabulary': null, 'domain.name': { known: true } },
    advice:
      'Begin with an existing model; find out whether its tokenizer cuts the words of {domain.name} into many pieces.',
    reason:
      'Law, medicine, finance and science use words that are rare elsewhere, or with another meaning; then pre-training pays.',
    source: SOURCES.domains,
    decides: { pre_training: 'unsettled' },
  },
  {
    id: 'pretraining-none',
    topic: 'pre-training',
    when: {},
    advice: 'None: begin with an existing model.',
    reason:
      'Most projects do; everyday words are in every model, and pre-training costs the most of all stages.',
    source: SOURCES.lifecycle,
    decides: { pre_training: 'none' },
  },

  // Metric
  {
    id: 'metric-text-generation',
    topic: 'metric',
    when: { task: 'text-generation' },
    advice:
      'Win rate: which of two answers a judge, person or model, prefers; perplexity to compare training runs.',
    reason: 'There is no one right text to compare with.',
    source: SOURCES.judge,
    decides: { metric: 'win_rate' },
  },
  {
    id: 'metric-summarization',
    topic: 'metric',
    when: { task: 'summarization' },
    advice: 'ROUGE-L beside ROUGE-1 and ROUGE-2, and read some summaries: it does not see invented facts.',
    reason:
      'It counts what a summary shares with one by a person, so it falls when something that matters is left out.',
    source: SOURCES.rouge,
    decides: { metric: 'rougeL' },
  },
  {
    id: 'metric-translation',
    topic: 'metric',
    when: { task: 'translation' },
    advice: 'BLEU as sacreBLEU counts it; chrF where words are inflected.',
    reason: 'It counts runs of words shared with a translation by a person, and punishes leaving out.',
    source: SOURCES.sacreBleu,
    decides: { metric: 'bleu' },
  },
  {
    id: 'metric-code-generation',
    topic: 'metric',
    when: { task: 'code-generation' },
    advice: 'Run the program against tests: pass@1.',
    reason: 'Programs that look alike may behave differently; only running them tells.',
    source: SOURCES.codex,
    decides: { metric: 'pass@1' },
  },
  {
    id: 'metric-text-classification',
    topic: 'metric',
    when: { task: 'text-classification' },
    advice: 'F1 averaged over the labels; accuracy beside it where labels are about equally common.',
    reason: 'Where one label is rare, accuracy rewards never giving it.',
    source: SOURCES.retrievalBook,
    decides: { metric: 'f1' },
  },
  {
    id: 'metric-token-classification',
    topic: 'metric',
    when: { task: 'token-classification' },
    advice: 'F1 over whole entities, not over tokens.',
    reason: 'Most tokens are no entity, so accuracy is high without finding one; half a name is of no use.',
    source: SOURCES.conll,
    decides: { metric: 'f1' },
  },
  {
    id: 'metric-question-answering',
    topic: 'metric',
    when: { task: 'question-answering' },
    advice: 'F1 of the words of the answer, and exact match.',
    reason: 'Answers are short; F1 forgives an article too many, exact match does not.',
    source: SOURCES.squad,
    decides: { metric: 'f1' },
  },
  {
    id: 'metric-sentence-similarity',
    topic: 'metric',
    when: { task: 'sentence-similarity' },
    advice: 'The rank of what is right: nDCG@10; recall@10 where a model reads all ten passages anyway.',
    reason: 'People look at the top of a list, so the rank of what is right matters.',
    source: SOURCES.beir,
    decides: { metric: 'ndcg@10' },
  },
  {
    id: 'metric-conversational',
    topic: 'metric',
    when: { task: 'conversational' },
    advice: 'Win rate against the model in use, judged on the same prompts in both orders.',
    reason: 'Many answers are right; judges favour the one shown first, so both orders are needed.',
    source: SOURCES.judge,
    decides: { metric: 'win_rate' },
  },
  {
    id: 'metric-tool-calling',
    topic: 'metric',
    when: { task: 'tool-calling' },
    advice: 'Exact match of function and arguments.',
    reason: 'A call with a wrong argument is a wrong call, however near.',
    source: SOURCES.functionCalling,
    decides: { metric: 'exact_match' },
  },
  {
    id: 'metric-unusual',
    topic: 'metric',
    when: { 'quality.metric_is_usual': false },
    advice:
      'The scope asks for {quality.metric}, which is not usual for {task}: report the usual metric beside it.',
    reason: 'Published figures of other models can then be compared with yours.',
    source: SOURCES.lifecycle,
  },

  // Data
  {
    id: 'data-text-classification',
    topic: 'data',
    when: { task: 'text-classification' },
    advice: '500 to 1,000 labelled texts to fine-tune on; 8 of each label can do with contrastive training.',
    reason: 'One focused task needs few examples, if every label is among them.',
    source: `${SOURCES.singleTask}; ${SOURCES.setFit}`,
    decides: { examples: THRESHOLDS.fineTuning },
  },
  {
    id: 'data-token-classification',
    topic: 'data',
    when: { task: 'token-classification' },
    advice: 'From 500 labelled sentences on; the usual benchmark trains on about 15,000.',
    reason: 'Every kind of entity must be seen in many sentences.',
    source: `${SOURCES.singleTask}; ${SOURCES.conll}`,
    decides: { examples: THRESHOLDS.fineTuning },
  },
  {
    id: 'data-summarization',
    topic: 'data',
    when: { task: 'summarization' },
    advice: '1,000 texts with their summary.',
    reason: 'A model pre-trained for it needs no more to pass models trained on whole datasets.',
    source: SOURCES.pegasus,
    decides: { examples: 1000 },
  },
  {
    id: 'data-translation',
    topic: 'data',
    when: { task: 'translation' },
    advice:
      'About 5,000 pairs of sentences (100,000 words) for a new pair of languages; some hundreds for a style.',
    reason: 'From about that much on, neural models pass older ones without pre-training.',
    source: SOURCES.lowResourceTranslation,
    decides: { examples: 5000 },
  },
  {
    id: 'data-question-answering',
    topic: 'data',
    when: { task: 'question-answering' },
    advice: '500 to 1,000 questions with passage and answer; from 128 on with a model pre-trained for it.',
    reason: 'Standard models learn to point at answers slowly.',
    source: `${SOURCES.singleTask}; ${SOURCES.splinter}`,
    decides: { examples: THRESHOLDS.fineTuning },
  },
  {
    id: 'data-sentence-similarity',
    topic: 'data',
    when: { task: 'sentence-similarity' },
    advice: '1,000 queries with the passage that answers each.',
    reason: 'From there on a trained retriever passes matching words.',
    source: SOURCES.dpr,
    decides: { examples: THRESHOLDS.retriever },
  },
  {
    id: 'data-conversational',
    topic: 'data',
    when: { task: 'conversational' },
    advice: '1,000 conversations, chosen with care, to teach style and format.',
    reason: 'Knowledge comes from pre-training; quality of the examples counts more than their number.',
    source: SOURCES.lima,
    decides: { examples: 1000 },
  },
  {
    id: 'data-text-generation',
    topic: 'data',
    when: { task: 'text-generation' },
    advice: '500 to 1,000 instructions with a good answer.',
    reason: 'The model can write already; the examples show what.',
    source: `${SOURCES.singleTask}; ${SOURCES.lima}`,
    decides: { examples: THRESHOLDS.fineTuning },
  },
  {
    id: 'data-code-generation',
    topic: 'data',
    when: { task: 'code-generation' },
    advice:
      '500 to 1,000 descriptions with a program, and tests to measure by; 164 problems make a benchmark.',
    reason: 'Tests are what tells right from wrong, so problems without them are of little use.',
    source: `${SOURCES.singleTask}; ${SOURCES.codex}`,
    decides: { examples: THRESHOLDS.fineTuning },
  },
  {
    id: 'data-tool-calling',
    topic: 'data',
    when: { task: 'tool-calling' },
    advice: 'About 10 instructions with the right call for every API.',
    reason: 'Every API must be seen with its arguments; a published dataset has 10 for each of its 1,645.',
    source: SOURCES.gorilla,
    decides: { examples: THRESHOLDS.fineTuning },
  },
  {
    id: 'data-test-rows',
    topic: 'data',
    when: {
      'quality.metric': ['accuracy', 'exact_match', 'pass@1', 'win_rate', 'recall'],
      'quality.target': { below: 1 },
    },
    advice:
      'Hold out {rows} examples to measure by: then {quality.metric} near {quality.target} is known to 3 points.',
    reason: 'A share measured on few rows is known badly; rows that were trained on tell nothing.',
    source: SOURCES.binomial,
    figures: {
      rows: {
        formula: 'ceil(1.96 ^ 2 * target * (1 - target) / half_width ^ 2)',
        inputs: { target: 'quality.target', half_width: HALF_WIDTH },
        source: SOURCES.binomial,
        leavesOut: 'rows that resemble each other',
      },
    },
  },

  // Running it
  {
    id: 'running-own-machines',
    topic: 'running',
    when: { privacy: 'no-external-services' },
    advice: 'Only models whose weights can be downloaded, run on machines of your own.',
    reason: 'An API would see the texts.',
    source: SOURCES.scope,
  },
  {
    id: 'running-on-device',
    topic: 'running',
    when: { privacy: 'on-device' },
    advice: 'A small model in 4 or 8 bits, whose weights can be downloaded and passed on.',
    reason: 'Weights must fit beside everything else on the device; 4 bits take a quarter of 16.',
    source: SOURCES.memory,
  },
  {
    id: 'running-memory',
    topic: 'running',
    when: { 'hardware.memory_of_gpu_gb': { known: true } },
    advice:
      '{hardware.memory_of_gpu_gb} GB hold the weights of {held} parameters at 16 bits and {held_4_bit} at 4 bits; by the rule of thumb they train {trained} in full at 32 bits.',
    reason:
      'Weights must fit, with room for the cache and the work; training takes 24 bytes a parameter, adapters far less.',
    source: SOURCES.memory,
    figures: {
      held: {
        formula: 'memory_gb * 1e9 / bytes_per_parameter',
        inputs: { memory_gb: 'hardware.memory_of_gpu_gb', bytes_per_parameter: 2 },
        source: SOURCES.memory,
        leavesOut: 'the cache of keys and values, and working memory',
      },
      held_4_bit: {
        formula: 'memory_gb * 1e9 / bytes_per_parameter',
        inputs: { memory_gb: 'hardware.memory_of_gpu_gb', bytes_per_parameter: 0.5 },
        source: SOURCES.memory,
        leavesOut: 'scales of the quantized blocks, the cache of keys and values, and working memory',
      },
      trained: {
        formula: 'memory_gb * 1e9 / bytes_per_parameter',
        inputs: {
          memory_gb: 'hardware.memory_of_gpu_gb',
          bytes_per_parameter: RULE_TRAINING_BYTES_PER_PARAMETER,
        },
        source: SOURCES.memory,
        leavesOut: 'that activations depend on batch and sequence',
      },
    },
  },
  {
    id: 'running-speed',
    topic: 'running',
    when: { 'latency.tokens_per_second': { known: true } },
    advice:
      'For each billion parameters at 16 bits the hardware must read {bandwidth} GB/s; at 4 bits a quarter of that.',
    reason:
      'Every token of one answer reads all weights once, so memory bandwidth limits the size of the model.',
    source: SOURCES.decoding,
    figures: {
      bandwidth: {
        formula: 'bytes_per_parameter * tokens_per_second',
        inputs: { bytes_per_parameter: 2, tokens_per_second: 'latency.tokens_per_second' },
        source: SOURCES.decoding,
        leavesOut: 'the cache of keys and values, and that no hardware reaches its peak',
      },
    },
  },
  {
    id: 'running-volume',
    topic: 'running',
    when: { 'volume.tokens_per_day': { known: true } },
    advice: 'Expect {volume.tokens_per_day} tokens a day; every example in the prompt adds to each request.',
    reason: 'Examples in the prompt are paid for at every request, fine-tuning once.',
    source: SOURCES.scope,
  },
  {
    id: 'running-budget',
    topic: 'running',
    when: { 'volume.tokens_per_day': { known: true }, 'budget.usd_per_month': { known: true } },
    advice: 'The budget allows {price} US dollars for a million tokens.',
    reason: 'Compare it with the price of an API, and of a rented GPU by its speed.',
    source: SOURCES.scope,
    figures: {
      price: {
        formula: 'usd_per_month / (days_per_month * tokens_per_day) * 1e6',
        inputs: {
          usd_per_month: 'budget.usd_per_month',
          days_per_month: DAYS_PER_MONTH,
          tokens_per_day: 'volume.tokens_per_day',
        },
        source: SOURCES.scope,
        leavesOut: 'that tokens of input and output are priced apart',
      },
    },
  },
  {
    id: 'running-commercial-use',
    topic: 'running',
    when: { 'licence.commercial_use': true },
    advice: 'Leave out models for research only; read the conditions of community licences.',
    reason: 'Several well-known models forbid commercial use, or tie it to conditions.',
    source: SOURCES.licences,
  },
  {
    id: 'running-derivatives',
    topic: 'running',
    when: { 'licence.derivatives': true },
    advice: 'Choose a licence that lets changed weights be passed on, and keep its terms with them.',
    reason: 'Fine-tuned weights and adapters that are merged are derived from the model.',
    source: SOURCES.licences,
  },
];

/** A command that may come next. */
export interface NextCommandRule {
  readonly when: Condition<FactPath>;
  /** Names in braces stand for facts and figures, words in capitals for what the user fills in. */
  readonly command: string;
  readonly purpose: string;
}

/** Commands that follow from the plan, in order. */
export const NEXT_COMMANDS: readonly NextCommandRule[] = [
  {
    when: {},
    command: 'genai select recommend --scope {file}',
    purpose: 'models that meet the scope, and why',
  },
  {
    when: { 'plan.pre_training': ['gather-text', 'continued'] },
    command: 'genai estimate data --tokens 2.1B',
    purpose: 'how much raw text continued pre-training takes',
  },
  {
    when: { 'plan.pre_training': 'from-scratch', 'plan.family': ['decoder', 'encoder-decoder'] },
    command: 'genai estimate time {parameters} --tokens {corpus_tokens} --gpu H100 --gpus 512',
    purpose: 'how long it takes to train, and for how much',
  },
  {
    when: { 'plan.pre_training': 'from-scratch' },
    command:
      'genai adapt pre-train --config CONFIG --tokenizer TOKENIZER --dataset TEXTS --out runs/pre-train',
    purpose: 'a small model first, to see the loss fall',
  },
  {
    when: { task: [...WRITING, ...TEXT_TO_TEXT, ...LABELLING] },
    command: 'genai generate MODEL --chat --prompt-file prompt.txt',
    purpose: 'what prompting alone reaches',
  },
  {
    when: { 'plan.approach': 'fine-tune', 'hardware.gpu': null },
    command: 'genai estimate memory MODEL --method lora',
    purpose: 'whether fine-tuning fits, and what would make it fit',
  },
  {
    when: { 'plan.approach': 'fine-tune', 'hardware.gpu': { known: true } },
    command: 'genai estimate memory MODEL --method lora --gpu {hardware.gpu}',
    purpose: 'whether fine-tuning fits, and what would make it fit',
  },
  {
    when: { 'plan.approach': 'fine-tune' },
    command: 'genai adapt fine-tune --model MODEL --dataset DATASET --out runs/first',
    purpose: 'a first adapter',
  },
  {
    when: { task: 'text-classification' },
    command: 'genai evaluate MODEL --dataset DATASET --metric accuracy --metric f1',
    purpose: 'accuracy and F1 on rows that were not trained on',
  },
  {
    when: {
      'volume.requests_per_day': { known: true },
      input_tokens: { known: true },
      output_tokens: { known: true },
    },
    command:
      'genai estimate time MODEL --serve --prompt-tokens {input_tokens} --output-tokens {output_tokens}',
    purpose: 'what answering takes, in time and money',
  },
];
