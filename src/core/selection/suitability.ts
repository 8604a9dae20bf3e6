import type { ModelKind } from '../architectures/architecture.js';
import type { ScopeTaskName } from '../scope/tasks.js';

/** How well an architecture suits a task. */
export type Suitability = 'made for it' | 'can do it' | 'cannot do it';

/** How good each is, between 0 and 1. */
export const SUITABILITY_SCORES: Readonly<Record<Suitability, number>> = {
  'made for it': 1,
  'can do it': 0.5,
  'cannot do it': 0,
};

type Suitabilities = Readonly<Record<ModelKind, Suitability>>;

/** What reads a whole text at once, to its left and right, and writes none. */
const READING: Suitabilities = {
  encoder: 'made for it',
  'encoder-decoder': 'can do it',
  decoder: 'can do it',
};
/** What turns one text into another. */
const REWRITING: Suitabilities = {
  encoder: 'cannot do it',
  'encoder-decoder': 'made for it',
  decoder: 'can do it',
};
/** What goes on with a text. */
const WRITING: Suitabilities = {
  encoder: 'cannot do it',
  'encoder-decoder': 'can do it',
  decoder: 'made for it',
};
/** From a passage or from what was learnt. An encoder finds where the answer stands, but writes none. */
const ANSWERING: Suitabilities = {
  encoder: 'can do it',
  'encoder-decoder': 'made for it',
  decoder: 'made for it',
};

/**
 * Which half of the transformer is for which task, by what it learnt in pre-training: encoders fill gaps and so see both
 * sides of a word (BERT, arXiv 1810.04805); encoder–decoders restore what is missing from a text (T5, arXiv 1910.10683;
 * BART, arXiv 1910.13461); decoders go on with a text, and with size generalise to most tasks (GPT-3, arXiv 2005.14165).
 */
export const SUITABILITY: Readonly<Record<ScopeTaskName, Suitabilities>> = {
  'text-generation': WRITING,
  summarization: REWRITING,
  translation: REWRITING,
  'code-generation': WRITING,
  'text-classification': READING,
  'token-classification': READING,
  'question-answering': ANSWERING,
  'sentence-similarity': READING,
  conversational: WRITING,
  'tool-calling': WRITING,
};

/** Why, in a few words for people. */
export const KIND_ABILITIES: Readonly<Record<ModelKind, string>> = {
  encoder: 'an encoder sees both sides of every word, and writes no text',
  'encoder-decoder': 'an encoder–decoder turns one text into another',
  decoder: 'a decoder goes on with a text',
};
