import type OpenAI from 'openai';
import { UserError } from './model-server.js';

/** Texts that one request embeds. */
const BATCH = 32;

/** One embedding for each text, in their order. */
export async function embed(client: OpenAI, model: string, texts: readonly string[]): Promise<number[][]> {
  const embeddings: number[][] = [];
  for (let start = 0; start < texts.length; start += BATCH) {
    const input = texts.slice(start, start + BATCH);
    // Plain numbers: not every server knows the client's usual base64.
    const { data } = await client.embeddings.create({ model, input, encoding_format: 'float' });
    const inOrder = data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding);
    if (inOrder.length !== input.length || inOrder.some((embedding) => !embedding.some(Number.isFinite))) {
      throw new UserError(
        `The model ${model} did not embed every text. Name another as EMBEDDING_MODEL in .env.`,
      );
    }
    embeddings.push(...inOrder);
  }
  return embeddings;
}
