import { CARDS } from './cards.js';
import type { ModelCard } from './model-card.js';

/** Ids of all cards, sorted. */
export function modelCardIds(): string[] {
  return Object.keys(CARDS).sort();
}

async function loadCard(id: string): Promise<ModelCard | undefined> {
  const load = Object.hasOwn(CARDS, id) ? CARDS[id] : undefined;
  return load && (await load()).default;
}

/** Every card, sorted by id. Reads all their files. */
export async function loadModelCards(): Promise<ModelCard[]> {
  return Promise.all(modelCardIds().map(async (id) => (await loadCard(id))!));
}

/** What stays the same of a name however it is spelled: `Llama 3.1 8B`, `llama-3.1-8b` and `llama_3.1_8b`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.]/g, '');
}

function repositoriesOf({ huggingFaceId, variants = [] }: ModelCard): readonly string[] {
  return huggingFaceId === null ? variants : [huggingFaceId, ...variants];
}

function isRepositoryOf(card: ModelCard, name: string): boolean {
  return repositoriesOf(card).some((repository) => repository.toLowerCase() === name.toLowerCase());
}

/** What a repository's model is called when nobody says how it was tuned: `Llama-3.3-70B-Instruct` is `Llama 3.3 70B`. */
function untuned(repository: string): string {
  return plain(repository.slice(repository.lastIndexOf('/') + 1)).replace(
    /(?:instruct|chat|base|hf|it)+$/,
    '',
  );
}

/**
 * The card of a model. A name that holds a card's id reads that card's file alone; any other reads them all.
 *
 * @param name id, name, or family with size, however spelled; or a repository on the Hugging Face hub, which may be a
 * variant of the card's own, such as `meta-llama/Llama-3.1-8B-Instruct`, whose owner and tuning a name may leave out
 * @returns `undefined` when there is none, or when a family and size are those of several
 */
export async function findModelCard(name: string): Promise<ModelCard | undefined> {
  const text = name.trim();
  const isRepository = text.includes('/');
  const wanted = plain(text.slice(text.lastIndexOf('/') + 1));
  const id = Object.keys(CARDS).find((candidate) => plain(candidate) === wanted);
  const likely = id === undefined ? undefined : await loadCard(id);
  if (likely && (!isRepository || isRepositoryOf(likely, text))) return likely;

  const cards = await loadModelCards();
  if (isRepository) return cards.find((card) => isRepositoryOf(card, text));
  const named = cards.find((card) => plain(card.name) === wanted);
  if (named) return named;
  const variant = cards.find((card) => repositoriesOf(card).some((one) => untuned(one) === untuned(text)));
  if (variant) return variant;
  const ofSize = cards.filter(({ family, label }) => plain(family + label) === wanted);
  return ofSize.length === 1 ? ofSize[0] : undefined;
}
